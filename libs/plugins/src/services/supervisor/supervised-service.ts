import { sentenceOf } from '../../logger.js';
import { backoffSeconds } from '../backoff.js';
import { pause } from '../service-clock.js';
import { HealthCheckFailed, InvalidState, ResourceAllocationFailed, ServiceEnded, StartFailed } from '../service-errors.js';
import type { HealthStatus, ServiceEnd, ServiceHandle } from '../service-plugin.js';
import { assertTransition, canReset, canRestart, canStart, canStop } from '../service-state.js';
import type { ServiceState } from '../service-state.js';
import { abortable } from './abortable.js';
import { HealthWatch } from './health-watch.js';
import { ServiceVerbs, describeEnd } from './service-verbs.js';
import type { VerbsContext } from './service-verbs.js';
import type { HealthCheckReport, ServiceChange, ServiceStatus } from './service-status.js';

/** What is said of a service besides how it is run. */
export interface ServiceFacts {
  readonly kind: string;
  readonly requires: readonly string[];
  readonly jobs: readonly string[];
}

interface SupervisedContext extends VerbsContext {
  readonly facts: ServiceFacts;
  readonly onChange: (change: ServiceChange) => void;
  /** Resolves when what it requires runs. @throws StartFailed. */
  readonly awaitRequirements: (signal: AbortSignal) => Promise<void>;
}

/** One service: its state, and who may do what to it when. A verb changes the state before it first waits, so that two callers never both win. */
export class SupervisedService {
  readonly #verbs: ServiceVerbs;
  #state: ServiceState = 'initialized';
  #health: HealthStatus = 'unknown';
  #restarts = 0;
  #startedAtMs: number | null = null;
  #healthLatencyMs: number | null = null;
  #lastError: Error | null = null;
  #isClosed = false;
  /** When it was started again, as far back as the window reaches. */
  #restartsAtMs: number[] = [];
  #start: AbortController | null = null;
  #running: { readonly handle: ServiceHandle; readonly watch: HealthWatch } | null = null;
  /** Settled, without an error, when the start or the stop that is under way has come to its end. */
  #underWay: Promise<void> = Promise.resolve();

  constructor(private readonly context: SupervisedContext) {
    this.#verbs = new ServiceVerbs({ ...context, onHealthCheck: (report) => this.#checked(report) });
  }

  get name(): string {
    return this.context.plugin.name;
  }

  get state(): ServiceState {
    return this.#state;
  }

  status(): ServiceStatus {
    return {
      name: this.name,
      ...this.context.facts,
      state: this.#state,
      health: this.#health,
      restarts: this.#restarts,
      startedAt: this.#startedAtMs === null ? null : new Date(this.#startedAtMs),
      lastError: this.#lastError === null ? null : sentenceOf(this.#lastError),
      healthLatencyMs: this.#healthLatencyMs,
    };
  }

  /** Resolves when it is ready. @throws InvalidState, ResourceAllocationFailed, StartFailed. */
  async start(): Promise<void> {
    if (!canStart(this.#state)) throw new InvalidState(this.name, this.#state, 'starting');
    this.#assertOpen();
    this.#restartsAtMs = [];
    if (this.#state === 'stopped') this.#move('initialized');
    await this.#comeUp(0);
  }

  /** A start is aborted, which makes it `failed`; before what runs is asked to end, `prepare` is awaited. @throws InvalidState, StopFailed. */
  async stop(prepare: () => Promise<void> = async () => undefined): Promise<void> {
    if (!canStop(this.#state)) throw new InvalidState(this.name, this.#state, 'stopping');
    if (this.#state === 'starting') return this.#abortStart();
    await this.#track(this.#goDown(false, prepare).then(() => this.#move('stopped')));
  }

  /** Stops what runs, resets what failed, and starts it. @throws InvalidState, StopFailed, and as `start`. */
  async restart(): Promise<void> {
    if (!canRestart(this.#state)) throw new InvalidState(this.name, this.#state, 'starting');
    this.#assertOpen();
    if (this.#state === 'failed') this.reset();
    if (this.#state === 'running') await this.#track(this.#goDown(false).then(() => this.#move('stopped')));
    await this.start();
  }

  /** @throws InvalidState unless it is `failed` or `stopped`. */
  reset(): void {
    if (!canReset(this.#state)) throw new InvalidState(this.name, this.#state, 'initialized');
    this.#lastError = null;
    this.#move('initialized');
  }

  /** Resolves when the start or the stop that is under way has come to its end. */
  settled(): Promise<void> {
    return this.#underWay;
  }

  /** From now on it is not started any more, by nobody. */
  refuseStarts(): void {
    this.#isClosed = true;
  }

  /** Ends it, whatever it is at. Never rejects. */
  async close(): Promise<void> {
    this.refuseStarts();
    if (canStop(this.#state)) await this.stop().catch(() => undefined);
    await this.settled();
  }

  /** Keeps the promise for whoever waits for its end, without its error. */
  #track(work: Promise<void>): Promise<void> {
    this.#underWay = work.catch(() => undefined);
    return work;
  }

  #comeUp(delaySeconds: number): Promise<void> {
    this.#move('starting');
    const start = new AbortController();
    this.#start = start;
    return this.#track(this.#attempts(start.signal, delaySeconds));
  }

  async #attempts(signal: AbortSignal, delaySeconds: number): Promise<void> {
    const { clock, policy, logger, awaitRequirements } = this.context;
    let retries = 0;
    try {
      await pause(clock, delaySeconds * 1000, signal);
      await abortable(awaitRequirements(signal), signal);
      for (;;) {
        const handle = await this.#attempt(signal, retries < policy.maxRetries);
        if (handle !== null) {
          if (!signal.aborted) return this.#up(handle);
          await this.#verbs.giveBack(handle);
          throw signal.reason;
        }
        retries += 1;
        const waitSeconds = backoffSeconds(retries, policy.maxBackoffSeconds);
        logger.warn(`Service ${this.name}: ${sentenceOf(this.#lastError)}. Attempt ${retries + 1} in ${waitSeconds} s.`);
        await pause(clock, waitSeconds * 1000, signal);
        signal.throwIfAborted();
      }
    } catch (error) {
      this.#start = null;
      const failure = this.#startFailure(error);
      this.#fail(failure);
      throw failure;
    }
  }

  /** @returns `null` when it failed, and may be tried again. */
  async #attempt(signal: AbortSignal, mayFail: boolean): Promise<ServiceHandle | null> {
    try {
      return await this.#verbs.bringUp(signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!mayFail || error instanceof ResourceAllocationFailed) throw error;
      this.#lastError = this.#startFailure(error);
      return null;
    }
  }

  #startFailure(error: unknown): Error {
    if (error instanceof ResourceAllocationFailed) return error;
    return new StartFailed(this.name, error instanceof StartFailed ? error.reason : sentenceOf(error), { cause: error });
  }

  #up(handle: ServiceHandle): void {
    const { clock, policy, plugin } = this.context;
    this.#start = null;
    this.#startedAtMs = clock.nowMs();
    this.#health = 'healthy';
    let failedChecks = 0;
    const watch = new HealthWatch(clock, policy.healthIntervalSeconds * 1000, async (signal) => {
      const { status, error } = await this.#verbs.check(handle, signal);
      this.#feel(status);
      if (status !== 'unknown') failedChecks = status === 'healthy' ? 0 : failedChecks + 1;
      if (failedChecks >= policy.unhealthyThreshold) this.#recover(error ?? new HealthCheckFailed(this.name, 'it is unhealthy'), false);
    });
    this.#running = { handle, watch };
    this.#move('running');
    void plugin.ended?.(handle).then(
      (end) => {
        if (!watch.hasEnded) this.#recover(this.#endFailure(end), true);
      },
      () => undefined,
    );
  }

  #endFailure(end: ServiceEnd): Error | null {
    return end.exitCode === 0 ? null : new ServiceEnded(this.name, `Service ${this.name} ended ${describeEnd(end)}`);
  }

  /** It ended by itself, without an error when `failure` is `null`, or is not well. */
  #recover(failure: Error | null, hasEnded: boolean): void {
    const { policy, logger, clock } = this.context;
    const isWanted = policy.restart === 'always' || (policy.restart === 'on-failure' && failure !== null);
    const sinceMs = clock.nowMs() - policy.restartWindowSeconds * 1000;
    this.#restartsAtMs = this.#restartsAtMs.filter((atMs) => atMs > sinceMs);
    const isAllowed = this.#restartsAtMs.length < policy.maxRestarts;
    if (failure !== null) {
      this.#lastError = failure;
      logger.warn(sentenceOf(failure));
    }
    if (isWanted && !isAllowed) {
      logger.error(`Service ${this.name} was started again ${policy.maxRestarts} times within ${policy.restartWindowSeconds} s: no more.`);
    }
    const end = this.#track(this.#endThen(failure, isWanted && isAllowed, isWanted && !isAllowed, hasEnded));
    end.catch(() => undefined);
  }

  async #endThen(failure: Error | null, isRestarted: boolean, isTooOften: boolean, hasEnded: boolean): Promise<void> {
    await this.#goDown(hasEnded);
    if (isTooOften || (failure !== null && !isRestarted)) {
      this.#fail(failure ?? new ServiceEnded(this.name, `Service ${this.name} ended too often`));
      return;
    }
    this.#move('stopped');
    if (!isRestarted || this.#isClosed) return;
    this.#restarts += 1;
    this.#restartsAtMs.push(this.context.clock.nowMs());
    this.#move('initialized');
    this.#comeUp(backoffSeconds(this.#restartsAtMs.length, this.context.policy.maxBackoffSeconds)).catch(() => undefined);
  }

  async #abortStart(): Promise<void> {
    this.#start?.abort(new Error('stopped while starting'));
    await this.settled();
  }

  /** To the end of `stopping`, or to `failed`. @throws StopFailed. */
  async #goDown(hasEnded: boolean, prepare?: () => Promise<void>): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    running.watch.end();
    this.#move('stopping');
    try {
      await prepare?.();
      await this.#verbs.takeDown(running.handle, hasEnded);
    } catch (error) {
      this.#fail(error as Error);
      throw error;
    }
  }

  #fail(error: Error): void {
    this.#lastError = error;
    this.#move('failed');
  }

  #move(to: ServiceState): void {
    const from = this.#state;
    assertTransition(this.name, from, to);
    this.#state = to;
    if (to !== 'running') {
      this.#health = 'unknown';
      this.#startedAtMs = null;
    }
    const { logger, onChange } = this.context;
    if (to === 'failed') logger.error(`Service ${this.name}: ${from} -> failed: ${sentenceOf(this.#lastError)}`);
    else logger.info(`Service ${this.name}: ${from} -> ${to}`);
    onChange({ kind: 'state', from, to, status: this.status() });
  }

  #checked(report: HealthCheckReport): void {
    this.#healthLatencyMs = report.latencyMs;
    this.context.onHealthCheck(report);
  }

  #feel(to: HealthStatus): void {
    const from = this.#health;
    if (from === to) return;
    this.#health = to;
    this.context.onChange({ kind: 'health', from, to, status: this.status() });
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StartFailed(this.name, 'its supervisor is disposed');
  }
}
