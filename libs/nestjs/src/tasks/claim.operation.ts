import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';

import type { Task } from '../domain/task.js';
import { taskStatusEvent } from '../domain/task-json.js';
import type { Worker } from '../domain/worker.js';
import { AGAIN, ClaimGates, ClaimStore, WorkerStore } from '../persistence/index.js';
import type {
  ClaimRequest,
  ClaimableJob,
  LoneClaim,
  Operation,
  Outcome,
  OwnedWorker,
  Queues,
  Taken,
  Transaction,
} from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';

/** Somebody asks for tasks, for one worker or for any of their own. */
export interface Claiming {
  readonly userId: string;
  readonly workerId: string | null;
  /** 1–100. */
  readonly maxTasks: number;
  /** Claims `@internal` jobs and nothing else; only the server itself does. */
  readonly internal: boolean;
  /** What is taken runs at once: claiming and starting are told as two changes, and are one. */
  readonly starts?: boolean;
}

/** What one fresh look found. */
export interface Look {
  /** Taken, oldest first; empty when nothing was pending. */
  readonly tasks: readonly Task[];
  /** The jobs that were looked at, closed ones included. */
  readonly jobIds: readonly string[];
  /** The workers that were asked for, all of the caller's without `workerId`. */
  readonly workerIds: readonly string[];
  /** Nothing was taken, but what is pending is just being taken by somebody else: only another look can tell whether anything is left. */
  readonly isContended: boolean;
}

const NOTHING: Taken = { tasks: [], isContended: false, isUndecided: false };

type JobsOfWorkers = ReadonlyMap<string, readonly ClaimableJob[]>;

interface Asking extends ClaimRequest {
  readonly workerIds: readonly string[];
}

/** Hands pending tasks to workers, each to exactly one; none of a job whose gate is closed. Counts as a heartbeat of the workers. */
@Injectable()
export class ClaimOperation implements Operation<Claiming, Look> {
  readonly name = 'claim';
  // Behind submissions: what this flush brings is handed out by it.
  readonly rank = 2;

  constructor(
    private readonly workers: WorkerStore,
    private readonly claims: ClaimStore,
    private readonly gates: ClaimGates,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  weigh({ maxTasks }: Claiming): number {
    return maxTasks;
  }

  async perform(transaction: Transaction, inputs: readonly Claiming[]): Promise<Outcome<Look>[]> {
    if (this.gates.mustLearn) await this.gates.ensureLearned(transaction);
    const now = this.clock.now();
    const whole = this.#asOne(transaction, inputs);
    if (whole !== null) return this.#takeAtOnce(transaction, inputs, { ...whole, now });
    const { asking, ahead } = await this.#ask(transaction, inputs, now);
    const requests = asking.filter((one): one is Asking => !(one instanceof ProblemError));
    const open = this.gates.hasClosed ? await this.#withoutClosed(transaction, requests) : requests;
    const taken = await this.claims.take(transaction, open, now, ahead);
    const takenFor = new Map(requests.map((request, index) => [request, taken[index]]));
    return asking.map((one) => {
      if (one instanceof ProblemError) return { refusal: one };
      const { tasks, isContended, isUndecided } = takenFor.get(one) ?? NOTHING;
      if (isUndecided) return AGAIN;
      for (const task of tasks) tell(transaction, task);
      return { value: { tasks, jobIds: [...one.workerOfJob.keys()], workerIds: one.workerIds, isContended } };
    });
  }

  /** Who asks for one and the same worker, while no gate is closed, is served by one statement; once, if that does not settle it. */
  #asOne(transaction: Transaction, inputs: readonly Claiming[]): Omit<LoneClaim, 'now'> | null {
    const [first] = inputs;
    if (first === undefined || first.workerId === null) return null;
    if (this.gates.hasClosed || !transaction.mayClose || !this.claims.canTakeAtOnce(transaction)) return null;
    const { workerId, userId, internal, starts = false } = first;
    let maxTasks = 0;
    for (const input of inputs) {
      if (input.workerId !== workerId || input.userId !== userId) return null;
      if (input.internal !== internal || (input.starts ?? false) !== starts) return null;
      maxTasks += input.maxTasks;
    }
    return { workerId, userId, internal, starts, maxTasks };
  }

  /** Whoever asked first gets the oldest. */
  async #takeAtOnce(transaction: Transaction, inputs: readonly Claiming[], whole: LoneClaim): Promise<Outcome<Look>[]> {
    const taken = await this.claims.takeAtOnce(transaction, whole);
    if (taken === null) return inputs.map(() => AGAIN);
    let given = 0;
    return inputs.map(({ maxTasks }) => {
      const tasks = taken.tasks.slice(given, given + maxTasks);
      given += tasks.length;
      if (tasks.length === 0 && taken.hasLost) return AGAIN;
      for (const task of tasks) tell(transaction, task);
      return { value: { tasks, jobIds: taken.jobIds, workerIds: [whole.workerId], isContended: false } };
    });
  }

  /** Heartbeats and jobs of everybody who asks, together; and what their jobs have to give, when everybody names a worker. */
  async #ask(
    transaction: Transaction,
    inputs: readonly Claiming[],
    now: number,
  ): Promise<{ asking: (Asking | ProblemError)[]; ahead: Queues | null }> {
    const named: (OwnedWorker & Pick<Claiming, 'maxTasks'>)[] = [];
    const unnamed = new Set<string>();
    for (const { workerId, userId, maxTasks } of inputs) {
      if (workerId === null) unnamed.add(userId);
      else named.push({ workerId, userId, maxTasks });
    }
    const [beaten, ofUsers, jobsOfNamed, ahead] = await Promise.all([
      this.workers.heartbeats(transaction, named, now),
      this.workers.heartbeatsOfUsers(transaction, [...unnamed], now),
      this.claims.claimableJobs(transaction, [...new Set(named.map(({ workerId }) => workerId))]),
      unnamed.size === 0 ? this.claims.lookAhead(transaction, named) : null,
    ]);
    const jobsOfWorkers = unnamed.size === 0 ? jobsOfNamed : await this.#jobsOf(transaction, jobsOfNamed, ofUsers);
    const workerIdsOf = ({ workerId, userId }: Claiming): string[] => {
      if (workerId === null) return (ofUsers.get(userId) ?? []).map(({ id }) => id);
      return beaten.get(workerId)?.userId === userId ? [workerId] : [];
    };
    const asking: (Asking | ProblemError)[] = [];
    for (const input of inputs) {
      const workerIds = workerIdsOf(input);
      if (input.workerId !== null && workerIds.length === 0) asking.push(await this.#refusal(transaction, input.workerId));
      else
        asking.push({
          ...input,
          starts: input.starts ?? false,
          workerIds,
          workerOfJob: workerOfJobs(jobsOfWorkers, workerIds, input.internal),
        });
    }
    return { asking, ahead };
  }

  /** To take from a closed job is not tried at all; that it is closed does not change who waits for it. */
  async #withoutClosed(transaction: Transaction, requests: readonly Asking[]): Promise<readonly Asking[]> {
    const closed = await this.gates.closedAmong(transaction, new Set(requests.flatMap(({ workerOfJob }) => [...workerOfJob.keys()])));
    if (closed.size === 0) return requests;
    return requests.map((request) => ({
      ...request,
      workerOfJob: new Map([...request.workerOfJob].filter(([jobId]) => !closed.has(jobId))),
    }));
  }

  async #jobsOf(transaction: Transaction, ofNamed: JobsOfWorkers, ofUsers: ReadonlyMap<string, readonly Worker[]>): Promise<JobsOfWorkers> {
    const workerIds = [...ofUsers.values()].flatMap((workers) => workers.map(({ id }) => id));
    return new Map([...ofNamed, ...(await this.claims.claimableJobs(transaction, workerIds))]);
  }

  async #refusal(transaction: Transaction, workerId: string): Promise<ProblemError> {
    const worker = await this.workers.findById(transaction, workerId);
    if (worker === null) return new ProblemError('WorkerNotFound', `Worker '${workerId}' is not there.`);
    return new ProblemError('Forbidden', `Worker '${workerId}' belongs to somebody else.`);
  }
}

function tell(transaction: Transaction, task: Task): void {
  if (task.status === 'running') transaction.emitAfterCommit(taskStatusEvent({ ...task, status: 'claimed', startedAt: null }));
  transaction.emitAfterCommit(taskStatusEvent(task));
}

/** Each job with the first of the workers that serves it. */
function workerOfJobs(jobsOfWorkers: JobsOfWorkers, workerIds: readonly string[], internal: boolean): ReadonlyMap<string, string> {
  const workerOfJob = new Map<string, string>();
  for (const workerId of workerIds) {
    for (const { jobId, isInternal } of jobsOfWorkers.get(workerId) ?? []) {
      if (isInternal === internal && !workerOfJob.has(jobId)) workerOfJob.set(jobId, workerId);
    }
  }
  return workerOfJob;
}
