import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';

import type { Task } from '../domain/task.js';
import { taskStatusEvent } from '../domain/task-json.js';
import { ClaimStore, WorkerStore } from '../persistence/index.js';
import type { ClaimRequest, Operation, Outcome, Transaction } from '../persistence/index.js';
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
}

/** What one fresh look found. */
export interface Look {
  /** Taken, oldest first; empty when nothing was pending. */
  readonly tasks: readonly Task[];
  /** The jobs that were looked at. */
  readonly jobIds: readonly string[];
  /** The workers that were asked for, all of the caller's without `workerId`. */
  readonly workerIds: readonly string[];
}

interface Asking extends ClaimRequest {
  readonly workerIds: readonly string[];
}

/** Hands pending tasks to workers, each to exactly one. Counts as a heartbeat of the workers. */
@Injectable()
export class ClaimOperation implements Operation<Claiming, Look> {
  readonly name = 'claim';

  constructor(
    private readonly workers: WorkerStore,
    private readonly claims: ClaimStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  weigh({ maxTasks }: Claiming): number {
    return maxTasks;
  }

  async perform(transaction: Transaction, inputs: readonly Claiming[]): Promise<Outcome<Look>[]> {
    const now = this.clock.now();
    const asking: (Asking | ProblemError)[] = [];
    for (const input of inputs) asking.push(await this.#ask(transaction, input, now));
    const requests = asking.filter((one): one is Asking => !(one instanceof ProblemError));
    const taken = await this.claims.take(transaction, requests, now);
    const tasksOf = new Map(requests.map((request, index) => [request, taken[index] ?? []]));
    return asking.map((one) => {
      if (one instanceof ProblemError) return { refusal: one };
      const tasks = tasksOf.get(one) ?? [];
      for (const task of tasks) transaction.emitAfterCommit(taskStatusEvent(task));
      return { value: { tasks, jobIds: [...one.workerOfJob.keys()], workerIds: one.workerIds } };
    });
  }

  async #ask(transaction: Transaction, { userId, workerId, maxTasks, internal }: Claiming, now: number): Promise<Asking | ProblemError> {
    const workerIds = await this.#workerIds(transaction, userId, workerId, now);
    if (workerIds instanceof ProblemError) return workerIds;
    const workerOfJob = await this.claims.claimableJobs(transaction, workerIds, internal);
    return { userId, maxTasks, workerOfJob, workerIds };
  }

  async #workerIds(transaction: Transaction, userId: string, workerId: string | null, now: number): Promise<string[] | ProblemError> {
    if (workerId === null) return (await this.workers.heartbeatOfUser(transaction, userId, now)).map(({ id }) => id);
    if ((await this.workers.heartbeat(transaction, workerId, userId, now)) !== null) return [workerId];
    const worker = await this.workers.findById(transaction, workerId);
    if (worker === null) return new ProblemError('WorkerNotFound', `Worker '${workerId}' is not there.`);
    return new ProblemError('Forbidden', `Worker '${workerId}' belongs to somebody else.`);
  }
}
