import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { JobStore, LeaseStore, SubmissionKeyStore, UnitOfWork, WorkerStore } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { CLOCK, JOBLIB_SETTINGS } from '../ports/index.js';
import type { Clock, JoblibSettings } from '../ports/index.js';
import { ClaimTasks } from '../tasks/index.js';
import { WorkerCleanup } from '../workers/index.js';
import { DeliveryRetention } from './delivery-retention.service.js';
import { TaskRetention } from './task-retention.service.js';

/** What one sweep did; nothing but zeros when another server holds the lease. */
export interface Swept {
  readonly workers: number;
  readonly stuckInternalTasks: number;
  readonly putBackTasks: number;
  readonly orphanJobs: number;
  readonly expiredKeys: number;
  readonly expiredTasks: number;
  readonly expiredDeliveries: number;
}

const LEASE = 'sweeper';
const NOTHING: Swept = {
  workers: 0,
  stuckInternalTasks: 0,
  putBackTasks: 0,
  orphanJobs: 0,
  expiredKeys: 0,
  expiredTasks: 0,
  expiredDeliveries: 0,
};

/** Silent workers looked up at a time. */
const WORKER_BATCH = 100;

/** Expired rows deleted in one transaction. */
const DELETE_BATCH = 200;

/** Cleans up after workers that vanish and deletes what has outlived its keep, on one server at a time. */
@Injectable()
export class Sweeper {
  readonly #logger = new Logger('Sweeper');
  readonly #holder = randomUUID();
  #sweptWorkers = 0;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly leases: LeaseStore,
    private readonly workers: WorkerStore,
    private readonly jobs: JobStore,
    private readonly keys: SubmissionKeyStore,
    private readonly taskRetention: TaskRetention,
    private readonly deliveryRetention: DeliveryRetention,
    private readonly cleanup: WorkerCleanup,
    private readonly claims: ClaimTasks,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /** How many workers this server has cleaned up. */
  get sweptWorkers(): number {
    return this.#sweptWorkers;
  }

  /**
   * One sweep as of `now` (epoch milliseconds). An error is logged; what comes after it, and the next sweep, go on.
   * A server that stops in the middle leaves its lease to end by itself.
   */
  async sweepOnce(now: number = this.clock.now()): Promise<Swept> {
    if (!(await this.#attempt('the lease', false, () => this.#acquireLease(now)))) return NOTHING;
    const { settings } = this;
    const swept = {
      workers: await this.#sweepWorkers(now - settings.workerTimeoutSeconds * 1000),
      stuckInternalTasks: await this.#attempt('stuck @internal tasks', 0, () =>
        this.cleanup.failStuckInternal(now - settings.internalTaskTimeoutSeconds * 1000),
      ),
      putBackTasks: await this.putBackUnstarted(now),
      orphanJobs: await this.#attempt('orphan jobs', 0, () =>
        this.unitOfWork.run((transaction) => this.jobs.retireAllOrphans(transaction, now)),
      ),
      expiredKeys: await this.#deleteAll('expired idempotency keys', (transaction) =>
        this.keys.deleteExpired(transaction, now, DELETE_BATCH),
      ),
      // Before the tasks, which have to wait for theirs.
      expiredDeliveries: await this.#deleteAll('expired deliveries', (transaction) =>
        this.deliveryRetention.deleteExpired(transaction, now, DELETE_BATCH),
      ),
      expiredTasks: await this.#deleteAll('expired tasks', (transaction) =>
        this.taskRetention.deleteExpired(transaction, now, DELETE_BATCH),
      ),
    };
    this.#logSweep(swept);
    return swept;
  }

  /** Puts back what was claimed and not started in time, when the settings ask for it. @returns how many tasks. */
  putBackUnstarted(now: number = this.clock.now()): Promise<number> {
    const { claimStartTimeoutSeconds } = this.settings;
    if (claimStartTimeoutSeconds === 0) return Promise.resolve(0);
    return this.#attempt('unstarted tasks', 0, () => this.claims.putBackUnstarted(now - claimStartTimeoutSeconds * 1000));
  }

  /** Lets another server, or this one after a restart, sweep at once. */
  async release(): Promise<void> {
    await this.#attempt('the lease', undefined, () =>
      this.unitOfWork.run((transaction) => this.leases.release(transaction, LEASE, this.#holder)),
    );
  }

  #acquireLease(now: number): Promise<boolean> {
    const expiresAt = now + this.settings.sweeperIntervalSeconds * 2000;
    return this.unitOfWork.run((transaction) => this.leases.acquire(transaction, LEASE, this.#holder, now, expiresAt));
  }

  /** Each worker in its own transaction, so that one that cannot be cleaned up keeps no other. */
  async #sweepWorkers(heartbeatSince: number): Promise<number> {
    let count = 0;
    const failed = new Set<string>();
    for (;;) {
      const silent = await this.#attempt('silent workers', [], () => this.#findSilent(heartbeatSince, failed));
      if (silent.length === 0) break;
      for (const workerId of silent) {
        const isGone = await this.#attempt(`worker ${workerId}`, null, () => this.cleanup.cleanUp(workerId, { heartbeatSince }));
        if (isGone === null) failed.add(workerId);
        else if (isGone) count += 1;
      }
    }
    this.#sweptWorkers += count;
    return count;
  }

  async #findSilent(before: number, failed: ReadonlySet<string>): Promise<string[]> {
    const silent = await this.unitOfWork.read((session) => this.workers.findSilent(session, before, WORKER_BATCH + failed.size));
    return silent.filter((workerId) => !failed.has(workerId));
  }

  /** In small batches, each its own transaction, so that nobody waits for a long one. */
  async #deleteAll(what: string, deleteBatch: (transaction: Transaction) => Promise<number>): Promise<number> {
    let count = 0;
    for (;;) {
      const deleted = await this.#attempt(what, 0, () => this.unitOfWork.run(deleteBatch));
      count += deleted;
      if (deleted < DELETE_BATCH) return count;
    }
  }

  async #attempt<T>(what: string, otherwise: T, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#logger.error(`Sweeping ${what} failed: ${String(error)}`);
      return otherwise;
    }
  }

  #logSweep(swept: Swept): void {
    const done = Object.entries(swept).filter(([, count]) => count > 0);
    if (done.length > 0) this.#logger.log(`Swept ${done.map(([what, count]) => `${what}: ${count}`).join(', ')}`);
  }
}
