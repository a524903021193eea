import { Injectable } from '@nestjs/common';
import { INTERNAL_ROOM } from '@joblib/contract';

import { assignTasks } from '../domain/assign-tasks.js';
import type { Claimant } from '../domain/assign-tasks.js';
import type { Task } from '../domain/task.js';
import type { Session, Transaction } from './session.js';
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

/** What one request got. */
export interface Taken {
  /** Oldest first. */
  readonly tasks: readonly Task[];
  /** It got nothing, while tasks are pending that another transaction is about to take, or to give back. */
  readonly isContended: boolean;
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
   * Takes for each request its oldest pending tasks. An empty list that is not contended means that a fresh look found nothing:
   * whenever a task that was seen is gone by the time it is taken, the look is repeated.
   */
  async take(transaction: Transaction, requests: readonly ClaimRequest[], now: number): Promise<Taken[]> {
    const taken = await this.#takeFree(transaction, requests, now);
    const contended = await this.#contendedJobs(transaction, requests, taken);
    return taken.map((tasks, index) => ({
      tasks,
      isContended: tasks.length === 0 && [...(requests[index]?.workerOfJob.keys() ?? [])].some((jobId) => contended.has(jobId)),
    }));
  }

  /** Waiting for the others' locks could end in a circle, so it is left to the caller, with nothing locked. */
  async #contendedJobs(session: Session, requests: readonly ClaimRequest[], taken: readonly Task[][]): Promise<ReadonlySet<string>> {
    if (!session.isRemote) return new Set();
    const jobIds = new Set(requests.flatMap(({ workerOfJob }, index) => (taken[index]?.length === 0 ? [...workerOfJob.keys()] : [])));
    return jobIds.size === 0 ? jobIds : new Set(await this.withPending(session, [...jobIds]));
  }

  async #takeFree(transaction: Transaction, requests: readonly ClaimRequest[], now: number): Promise<Task[][]> {
    const taken: Task[][] = requests.map(() => []);
    // What somebody else is just taking, or has taken since it was seen: it is passed over, whatever is behind it is not.
    const lost = new Set<string>();
    for (;;) {
      const wanting = requests.flatMap((request, index) => {
        const missing = request.maxTasks - (taken[index]?.length ?? 0);
        return missing > 0 ? [{ ...request, maxTasks: missing, index }] : [];
      });
      const assignments = assignTasks(wanting, await this.#queues(transaction, wanting, lost));
      const takings = assignments.flatMap((list, position) =>
        list.map((assignment) => {
          const { userId = '', starts = false, index = 0 } = wanting[position] ?? {};
          return { ...assignment, userId, starts, now, index };
        }),
      );
      if (takings.length === 0) return taken;
      const rows = await transaction.all(transaction.statements.claims.take(takings));
      const won = new Map(rows.map((row) => [row.id, toTask(row)]));
      for (const { taskId, index } of takings) {
        const task = won.get(taskId);
        if (task === undefined) lost.add(taskId);
        else taken[index]?.push(task);
      }
      if (won.size === takings.length) return taken;
    }
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
  async #queues(session: Session, wanting: readonly Claimant[], lost: ReadonlySet<string>): Promise<Map<string, string[]>> {
    const limits = new Map<string, number>();
    for (const { workerOfJob, maxTasks } of wanting) {
      for (const jobId of workerOfJob.keys()) limits.set(jobId, (limits.get(jobId) ?? 0) + maxTasks);
    }
    const jobs = [...limits].map(([jobId, limit]) => ({ jobId, limit: limit + lost.size }));
    const queues = new Map<string, string[]>();
    if (jobs.length === 0) return queues;
    for (const { job_id, id } of await session.all(session.statements.claims.oldestPending(jobs))) {
      if (lost.has(id)) continue;
      const queue = queues.get(job_id);
      if (queue === undefined) queues.set(job_id, [id]);
      else queue.push(id);
    }
    return queues;
  }
}
