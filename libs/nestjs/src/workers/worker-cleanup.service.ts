import { Inject, Injectable } from '@nestjs/common';

import type { Task } from '../domain/task.js';
import { jobsInvalidateEvents } from '../domain/job-events.js';
import { taskStatusEvent } from '../domain/task-json.js';
import { linksTopic, settledTopic } from '../domain/topics.js';
import { JobStore, ProviderStore, TaskStore, UnitOfWork, WorkerStore } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';

/** Spares a worker that showed life at or after a time (epoch milliseconds). */
export interface Unless {
  /** By its last heartbeat: what the sweeper goes by. */
  readonly heartbeatSince?: number;
  /** By any sign of life: what a lost socket goes by. */
  readonly seenSince?: number;
}

/** What `error` says of a task whose worker went away. */
export const WORKER_DISCONNECTED = 'Worker disconnected';

/**
 * The one way a worker goes, whoever asks: itself, a lost socket, the sweeper. Its claimed and running tasks fail, its links and
 * providers go, and jobs that are left with neither worker nor pending task are soft-deleted.
 */
@Injectable()
export class WorkerCleanup {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly workers: WorkerStore,
    private readonly tasks: TaskStore,
    private readonly jobs: JobStore,
    private readonly providers: ProviderStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Cleans up in a transaction of its own. @returns whether the worker was there and was not spared. */
  cleanUp(workerId: string, unless: Unless = {}): Promise<boolean> {
    return this.unitOfWork.run((transaction) => this.cleanUpWithin(transaction, workerId, unless));
  }

  /** The same as part of somebody's transaction. */
  async cleanUpWithin(transaction: Transaction, workerId: string, unless: Unless = {}): Promise<boolean> {
    const guard = { heartbeatSince: unless.heartbeatSince ?? null, seenSince: unless.seenSince ?? null };
    // Deleting first: whoever loses against a claim or another clean-up sees no row and changes nothing.
    const worker = await this.workers.delete(transaction, workerId, guard);
    if (worker === null) return false;
    const now = this.clock.now();
    tellFailed(transaction, await this.tasks.failOfWorker(transaction, workerId, WORKER_DISCONNECTED, now));
    const jobIds = await this.workers.unlink(transaction, workerId);
    for (const { roomId } of await this.jobs.findByIds(transaction, jobIds)) transaction.emitAfterCommit(...jobsInvalidateEvents(roomId));
    await this.jobs.retireOrphans(transaction, jobIds, now);
    await this.providers.deleteOfWorker(transaction, workerId);
    transaction.notifyAfterCommit(linksTopic(worker.userId));
    return true;
  }

  /** Fails `@internal` tasks claimed or running since before `before` (epoch milliseconds). @returns how many. */
  failStuckInternal(before: number): Promise<number> {
    return this.unitOfWork.run(async (transaction) => {
      const failed = await this.tasks.failStuckInternal(transaction, before, 'Internal worker timeout', this.clock.now());
      tellFailed(transaction, failed);
      return failed.length;
    });
  }
}

function tellFailed(transaction: Transaction, tasks: readonly Task[]): void {
  for (const task of tasks) {
    transaction.emitAfterCommit(taskStatusEvent(task));
    transaction.notifyAfterCommit(settledTopic(task.id));
  }
}
