import { Injectable } from '@nestjs/common';
import { INTERNAL_ROOM } from '@joblib/contract';

import { assignTasks } from '../domain/assign-tasks.js';
import type { Claimant } from '../domain/assign-tasks.js';
import type { Task } from '../domain/task.js';
import type { ClaimSummaryRow, PendingRow, TakenRow } from './rows.js';
import type { Session, Transaction } from './session.js';
import type { LoneClaim, Taking } from './statements.js';
import { toTask } from './task.store.js';

/** A claimant and the user on whose behalf the tasks are taken. */
export interface ClaimRequest extends Claimant {
  readonly userId: string;
  /** What is taken runs at once. */
  readonly starts: boolean;
}

/** A live job that a worker serves. */
export interface ClaimableJob {
  readonly jobId: string;
  readonly isInternal: boolean;
}

/** Ids of pending tasks by job, oldest first. */
export type Queues = ReadonlyMap<string, readonly string[]>;

/** What one request got. */
export interface Taken {
  /** Oldest first. */
  readonly tasks: readonly Task[];
  /** It got nothing, while tasks are pending that another transaction is about to take, or to give back. */
  readonly isContended: boolean;
  /** It got nothing, since others were faster, and the transaction was over before another look. */
  readonly isUndecided: boolean;
}

/** What the claims of one worker got together. */
export interface TakenAtOnce {
  /** Oldest first. */
  readonly tasks: readonly Task[];
  /** The live jobs that the worker serves. */
  readonly jobIds: readonly string[];
  /** Others took some of what was seen: whether anything is left behind it only another look can tell. */
  readonly hasLost: boolean;
}

/** A claim that was answered or is about to be; enough to undo exactly it. */
export interface ClaimReceipt {
  readonly taskId: string;
  readonly workerId: string;
  readonly attempt: number;
  /** How the claim left it: a report since then changes that, or its progress. */
  readonly status: 'claimed' | 'running';
}

/** Taking tasks, and giving them back. */
@Injectable()
export class ClaimStore {
  /** The live jobs of each worker; one that serves none has no entry. */
  async claimableJobs(session: Session, workerIds: readonly string[]): Promise<ReadonlyMap<string, readonly ClaimableJob[]>> {
    const jobs = new Map<string, ClaimableJob[]>();
    if (workerIds.length === 0) return jobs;
    for (const { worker_id, job_id, room_id } of await session.all(session.statements.claims.claimableJobs(workerIds))) {
      const job = { jobId: job_id, isInternal: room_id === INTERNAL_ROOM };
      const known = jobs.get(worker_id);
      if (known === undefined) jobs.set(worker_id, [job]);
      else known.push(job);
    }
    return jobs;
  }

  /**
   * Looks for what named workers could take, in one round trip with whatever else is asked about them.
   * @returns `null` where that saves nothing.
   */
  async lookAhead(session: Session, requests: readonly { workerId: string; maxTasks: number }[]): Promise<Queues | null> {
    const { oldestPendingOf } = session.statements.claims;
    if (oldestPendingOf === null) return null;
    const asking = requests.map(({ workerId, maxTasks }) => ({ workerId, quantity: maxTasks }));
    return queuesOf(await session.all(oldestPendingOf(asking)));
  }

  /**
   * Takes for each request its oldest pending tasks. An empty list that is not contended means that a fresh look found nothing:
   * whenever a task that was seen is gone by the time it is taken, the look is repeated.
   * @param ahead what a look has found already, at least as much as all requests together could take.
   */
  async take(transaction: Transaction, requests: readonly ClaimRequest[], now: number, ahead: Queues | null): Promise<Taken[]> {
    const taken: Task[][] = requests.map(() => []);
    // What somebody else is just taking, or has taken since it was seen: it is passed over, whatever is behind it is not.
    const lost = new Set<string>();
    let isClosed = false;
    for (let queues = ahead; ; queues = null) {
      const wanting = stillWanting(requests, taken);
      const takings = takingsOf(wanting, queues ?? (await this.#queues(transaction, wanting, lost)), now);
      if (takings.length === 0) break;
      const taking = transaction.all(transaction.statements.claims.take(takings));
      isClosed = transaction.nothingFollows();
      const won = new Map((await taking).map((row) => [row.id, toTask(row)]));
      for (const { taskId, index } of takings) {
        const task = won.get(taskId);
        if (task === undefined) lost.add(taskId);
        else taken[index]?.push(task);
      }
      if (won.size === takings.length || isClosed) break;
    }
    if (lost.size === 0 || isClosed) {
      return taken.map((tasks) => ({ tasks, isContended: false, isUndecided: lost.size > 0 && tasks.length === 0 }));
    }
    return this.#withContention(transaction, requests, taken);
  }

  /** Whether `takeAtOnce` can be called: with this database it saves round trips. */
  canTakeAtOnce(session: Session): boolean {
    return session.statements.claims.takeAtOnce !== null;
  }

  /**
   * Everything that a claim of one worker is, heartbeat included, as the last of a transaction.
   * @returns `null` when the worker is not there.
   */
  async takeAtOnce(transaction: Transaction, claim: LoneClaim): Promise<TakenAtOnce | null> {
    const statement = transaction.statements.claims.takeAtOnce?.(claim);
    if (statement === undefined) return null;
    const taking = transaction.all(statement);
    transaction.nothingFollows();
    const tasks: Task[] = [];
    let summary: ClaimSummaryRow | undefined;
    for (const row of await taking) {
      if (row.id === null) summary = row;
      else tasks.push(takenTask(row, claim));
    }
    if (summary === undefined || summary.worker_count === 0) return null;
    return { tasks, jobIds: summary.served_jobs?.split(',') ?? [], hasLost: summary.seen_count > tasks.length };
  }

  /** Waiting for the others' locks could end in a circle, so it is left to the caller, with nothing locked. */
  async #withContention(session: Session, requests: readonly ClaimRequest[], taken: readonly Task[][]): Promise<Taken[]> {
    const jobIds = new Set(requests.flatMap(({ workerOfJob }, index) => (taken[index]?.length === 0 ? [...workerOfJob.keys()] : [])));
    const contended = jobIds.size === 0 ? jobIds : new Set(await this.withPending(session, [...jobIds]));
    return taken.map((tasks, index) => ({
      tasks,
      isContended: tasks.length === 0 && [...(requests[index]?.workerOfJob.keys() ?? [])].some((jobId) => contended.has(jobId)),
      isUndecided: false,
    }));
  }

  /** Puts back what these claims took, unless somebody has touched it since; their attempt does not count. */
  async undo(transaction: Transaction, receipts: readonly ClaimReceipt[]): Promise<Task[]> {
    return (await transaction.all(transaction.statements.claims.undo(receipts))).map(toTask);
  }

  /** Puts back what was claimed before `before` (epoch milliseconds) and not started since. */
  async putBackUnstarted(transaction: Transaction, before: number): Promise<Task[]> {
    return (await transaction.all(transaction.statements.claims.putBackUnstarted(before))).map(toTask);
  }

  /** Which of the jobs have pending tasks. */
  async withPending(session: Session, jobIds: readonly string[]): Promise<string[]> {
    return (await session.all(session.statements.claims.withPending(jobIds))).map(({ job_id }) => job_id);
  }

  /** The id of each job's oldest pending task; a job without one has none. */
  async oldestPending(session: Session, jobIds: readonly string[]): Promise<string[]> {
    if (jobIds.length === 0) return [];
    const jobs = jobIds.map((jobId) => ({ jobId, limit: 1 }));
    return (await session.all(session.statements.claims.oldestPending(jobs))).map(({ id }) => id);
  }

  /** The oldest pending tasks of every job that is asked for, as many as all together could take, but for those that are lost. */
  async #queues(session: Session, wanting: readonly Claimant[], lost: ReadonlySet<string>): Promise<Queues> {
    const limits = new Map<string, number>();
    for (const { workerOfJob, maxTasks } of wanting) {
      for (const jobId of workerOfJob.keys()) limits.set(jobId, (limits.get(jobId) ?? 0) + maxTasks);
    }
    const jobs = [...limits].map(([jobId, limit]) => ({ jobId, limit: limit + lost.size }));
    if (jobs.length === 0) return new Map();
    const heads = await session.all(session.statements.claims.oldestPending(jobs));
    return queuesOf(lost.size === 0 ? heads : heads.filter(({ id }) => !lost.has(id)));
  }
}

/** Written out: objects that are spread from the driver's rows keep V8 from giving all tasks one shape, for a third of what a claim costs. */
function takenTask(row: TakenRow, { workerId, userId, starts, now }: LoneClaim): Task {
  return {
    id: row.id,
    jobId: row.job_id,
    jobName: row.job_name,
    roomId: row.room_id,
    createdById: row.created_by_id,
    status: starts ? 'running' : 'claimed',
    payload: row.payload,
    result: row.result,
    error: row.error,
    progress: row.progress,
    attempt: row.attempt,
    workerId,
    claimedById: userId,
    createdAt: row.created_at,
    claimedAt: now,
    startedAt: starts ? now : null,
    completedAt: null,
  };
}

function queuesOf(heads: readonly PendingRow[]): Queues {
  const queues = new Map<string, string[]>();
  for (const { job_id, id } of heads) {
    const queue = queues.get(job_id);
    if (queue === undefined) queues.set(job_id, [id]);
    else queue.push(id);
  }
  return queues;
}

/** A request that has not got all that it may have, and its place among all. */
interface Wanting extends ClaimRequest {
  readonly index: number;
}

function stillWanting(requests: readonly ClaimRequest[], taken: readonly Task[][]): Wanting[] {
  return requests.flatMap((request, index) => {
    const missing = request.maxTasks - (taken[index]?.length ?? 0);
    return missing > 0 ? [{ ...request, maxTasks: missing, index }] : [];
  });
}

function takingsOf(wanting: readonly Wanting[], queues: Queues, now: number): (Taking & Pick<Wanting, 'index'>)[] {
  return assignTasks(wanting, queues).flatMap((list, position) => {
    const { userId = '', starts = false, index = 0 } = wanting[position] ?? {};
    return list.map(({ taskId, workerId }) => ({ taskId, workerId, userId, starts, now, index }));
  });
}
