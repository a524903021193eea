import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';

import { UnitOfWork, WorkerStore } from '../persistence/index.js';
import { CLOCK, INTERNAL_REGISTRY, JOBLIB_SETTINGS } from '../ports/index.js';
import type { Clock, InternalRegistry, JoblibSettings } from '../ports/index.js';
import { HeldClaims, PeriodicWork, StopSignal } from '../tasks/index.js';
import { WorkerCleanup } from '../workers/index.js';
import { InternalJobs } from './internal-jobs.service.js';
import { InternalTasks } from './internal-tasks.service.js';

/** Tasks that one server runs at a time. */
const CONCURRENCY = 8;

/** How long one claim waits before it is asked again. */
const CLAIM_WAIT_SECONDS = 30;

/** After a claim that failed, for example because the database was away. */
const RETRY_MS = 1000;

/** How long a stopping server lets its tasks come to an end. */
const STOP_GRACE_MS = 3000;

/**
 * Runs `@internal` tasks inside the server, which is in this a worker like any other: it has a row, a heartbeat and claims. A killed
 * server's tasks are therefore cleaned up like anyone's.
 */
@Injectable()
export class InternalRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('InternalRunner');
  readonly #caller = { id: `@server:${randomUUID()}`, isSuperuser: false };
  readonly #running = new Set<Promise<void>>();
  readonly #heartbeat: PeriodicWork;
  #workerId: string | null = null;
  #loop: Promise<void> | null = null;

  constructor(
    private readonly jobs: InternalJobs,
    private readonly tasks: InternalTasks,
    private readonly heldClaims: HeldClaims,
    private readonly cleanup: WorkerCleanup,
    private readonly unitOfWork: UnitOfWork,
    private readonly workers: WorkerStore,
    private readonly stop: StopSignal,
    @Inject(INTERNAL_REGISTRY) private readonly registry: InternalRegistry,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JOBLIB_SETTINGS) settings: JoblibSettings,
  ) {
    this.#heartbeat = new PeriodicWork((settings.workerTimeoutSeconds * 1000) / 3, () => this.#beat());
  }

  /** @throws Error when the registry has a name that is none. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.registry.jobs.size === 0) return;
    this.jobs.assertNames();
    await this.#attempt(() => this.#register());
    this.#heartbeat.start();
    this.#loop = this.#serve();
  }

  /** Lets running tasks end (their signal is aborted already), then goes like any worker: what is left fails. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.#loop === null) return;
    this.#heartbeat.stop();
    await this.#loop;
    await Promise.race([Promise.all(this.#running), delay(STOP_GRACE_MS, undefined, { ref: false })]);
    const workerId = this.#workerId;
    if (workerId !== null) await this.#attempt(() => this.cleanup.cleanUp(workerId));
  }

  async #serve(): Promise<void> {
    while (!this.stop.signal.aborted) {
      if (this.#running.size >= CONCURRENCY) await Promise.race(this.#running);
      else if (!(await this.#attempt(() => this.#claim()))) await this.#pause();
    }
  }

  async #claim(): Promise<void> {
    const workerId = this.#workerId ?? (await this.#register());
    const maxTasks = CONCURRENCY - this.#running.size;
    const claiming = { userId: this.#caller.id, workerId, maxTasks, internal: true };
    const { look } = await this.heldClaims.claim(claiming, CLAIM_WAIT_SECONDS, () => this.stop.signal);
    for (const task of look.tasks) {
      const run = this.tasks.run(task, this.#caller, this.stop.signal).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
  }

  async #register(): Promise<string> {
    this.#workerId = await this.jobs.register(this.#caller.id);
    return this.#workerId;
  }

  async #beat(): Promise<void> {
    const workerId = this.#workerId;
    if (workerId === null) return;
    await this.#attempt(() => this.unitOfWork.run((transaction) => this.workers.heartbeatMany(transaction, [workerId], this.clock.now())));
  }

  /** @returns whether it worked. A worker that was swept while the database was away registers anew. */
  async #attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof ProblemError && error.problem === 'WorkerNotFound') this.#workerId = null;
      // An outage is told once, by whoever keeps the log of them.
      else if (!(error instanceof ProblemError && error.problem === 'DatabaseUnavailable')) {
        this.#logger.error(`Running @internal jobs: ${String(error)}`);
      }
      return false;
    }
  }

  #pause(): Promise<unknown> {
    return delay(RETRY_MS, undefined, { signal: this.stop.signal }).catch(() => undefined);
  }
}
