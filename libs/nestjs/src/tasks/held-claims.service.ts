import { Inject, Injectable, Logger } from '@nestjs/common';

import { linksTopic } from '../domain/topics.js';
import { ClaimGates, UnitOfWork, WorkerStore } from '../persistence/index.js';
import { CLOCK, JOBLIB_SETTINGS, WAKE_UPS } from '../ports/index.js';
import type { Clock, JoblibSettings, WakeUps } from '../ports/index.js';
import type { Claiming, Look } from './claim.operation.js';
import { ClaimTasks } from './claim-tasks.service.js';
import { hold } from './hold.js';
import { PeriodicWork } from './periodic-work.js';
import { StopSignal } from './stop-signal.js';
import { Place, WaitingLine } from './waiting-line.js';

/** A claim's answer, and how long it was allowed to wait: `null` when it was answered at once. */
export interface HeldLook {
  readonly look: Look;
  readonly appliedWaitSeconds: number | null;
}

/** How long a lost wake-up may go unnoticed. */
const SAFETY_INTERVAL_MS = 2000;

/**
 * Claims that wait for a task. They hold no database session: a commit wakes them, one per new task, and one slow query per server
 * makes up for wake-ups that got lost between servers. While held, a claim is its workers' heartbeat. One whose jobs are closed waits on.
 */
@Injectable()
export class HeldClaims {
  readonly #logger = new Logger('HeldClaims');
  readonly #line: WaitingLine;
  readonly #heldWorkers = new Map<Place, readonly string[]>();
  readonly #safetyLook: PeriodicWork;
  readonly #heartbeat: PeriodicWork;

  constructor(
    private readonly claims: ClaimTasks,
    private readonly unitOfWork: UnitOfWork,
    private readonly workers: WorkerStore,
    private readonly gates: ClaimGates,
    private readonly stop: StopSignal,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {
    this.#line = new WaitingLine(wakeUps, (jobId) => gates.isKnownClosed(jobId));
    gates.onOpened((fullNames) => this.#wakeForOpened(fullNames));
    this.#safetyLook = new PeriodicWork(SAFETY_INTERVAL_MS, () => this.#lookForAll());
    this.#heartbeat = new PeriodicWork((settings.workerTimeoutSeconds * 1000) / 3, () => this.#beatForAll());
  }

  /** How many claims are held now. */
  get count(): number {
    return this.#heldWorkers.size;
  }

  /**
   * So many tasks of the job are about to be stored. Whoever waits for them and can look in the same transaction, behind them, spares the tasks a
   * commit; what nobody takes there is waited for as ever.
   */
  expect(jobId: string, count: number): void {
    for (let left = count; left > 0 && this.#line.wakeSleeper(jobId); left -= 1);
  }

  /**
   * Claims, and when nothing is pending waits up to `waitSeconds` (capped by the settings), until the client is gone or the server stops.
   * @throws ProblemError as `ClaimTasks.claim`; also while waiting, when the worker is removed.
   */
  async claim(claiming: Claiming, waitSeconds: number, clientGone: () => AbortSignal): Promise<HeldLook> {
    const look = await this.claims.claim(claiming);
    const appliedWaitSeconds = Math.min(waitSeconds, this.settings.longPollMaxWaitSeconds);
    if (look.tasks.length > 0 || appliedWaitSeconds <= 0 || this.stop.signal.aborted) return { look, appliedWaitSeconds: null };
    return { look: await this.#wait(claiming, look, appliedWaitSeconds, clientGone()), appliedWaitSeconds };
  }

  async #wait(claiming: Claiming, first: Look, waitSeconds: number, clientGone: AbortSignal): Promise<Look> {
    const deadlineMs = performance.now() + waitSeconds * 1000;
    const place = new Place();
    // The worker may be given other jobs, or be removed, while it waits.
    const unsubscribe = this.wakeUps.subscribe(linksTopic(claiming.userId), () => place.wake(LINKS_CHANGED));
    this.#enter(place, first);
    try {
      // Subscribed; what came between the first look and now is seen by this one.
      let look = await this.#lookAgain(place, claiming, []);
      while (look.tasks.length === 0) {
        const ending = await hold(deadlineMs, [clientGone, this.stop.signal], (wake) => place.onWake(wake));
        if (ending === 'aborted') return look;
        look = await this.#lookAgain(place, claiming, place.takeWakes());
        // Its worker may have been given a job on another server, and the hint was lost: `null` comes from a fresh look.
        if (ending === 'elapsed') return look;
      }
      return look;
    } finally {
      unsubscribe();
      this.#exit(place);
    }
  }

  /** A wake-up that this look could not use is passed on: it failed, took another job's task, or does not serve the job any more. */
  async #lookAgain(place: Place, claiming: Claiming, wokenFor: readonly string[]): Promise<Look> {
    let used: ReadonlySet<string> = new Set();
    try {
      const look = await this.claims.claim(claiming);
      used = new Set(look.tasks.length === 0 ? look.jobIds : look.tasks.map(({ jobId }) => jobId));
      this.#enter(place, look);
      return look;
    } finally {
      for (const jobId of wokenFor) if (jobId !== LINKS_CHANGED && !used.has(jobId)) this.#passOn(place, jobId);
    }
  }

  #passOn(place: Place, jobId: string): void {
    this.#line.join(
      place,
      [...place.jobIds].filter((waited) => waited !== jobId),
    );
    this.#line.wake(jobId);
  }

  #enter(place: Place, { jobIds, workerIds }: Look): void {
    this.#line.join(place, jobIds);
    this.#heldWorkers.set(place, workerIds);
    this.#safetyLook.start();
    this.#heartbeat.start();
  }

  #exit(place: Place): void {
    this.#line.leave(place);
    this.#heldWorkers.delete(place);
    if (this.#heldWorkers.size > 0) return;
    this.#safetyLook.stop();
    this.#heartbeat.stop();
  }

  /** A job whose name is not known yet was found closed by nobody: nobody missed a wake-up for it. */
  #wakeForOpened(fullNames: ReadonlySet<string>): void {
    for (const jobId of this.#line.jobIds) {
      const fullName = this.gates.knownName(jobId);
      if (fullName !== undefined && fullNames.has(fullName)) this.#line.wakeAll(jobId);
    }
  }

  async #lookForAll(): Promise<void> {
    try {
      for (const jobId of await this.claims.withPending(this.#line.jobIds)) this.#line.wake(jobId);
    } catch (error) {
      this.#logger.warn(`Could not look for held claims: ${String(error)}`);
    }
  }

  async #beatForAll(): Promise<void> {
    const workerIds = [...new Set([...this.#heldWorkers.values()].flat())];
    try {
      await this.unitOfWork.run((transaction) => this.workers.heartbeatMany(transaction, workerIds, this.clock.now()));
    } catch (error) {
      this.#logger.warn(`Could not record the heartbeats of ${workerIds.length} held claim(s): ${String(error)}`);
    }
  }
}

/** No job's id: the place was woken because the worker's jobs changed. */
const LINKS_CHANGED = '';
