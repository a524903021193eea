import type { Tracer } from '@opentelemetry/api';

import { isError, sentenceOf } from '../../logger.js';
import type { PluginLogger } from '../../logger.js';
import type { ResourceTracker } from '../resource-tracker.js';
import { within, pause } from '../service-clock.js';
import type { ServiceClock } from '../service-clock.js';
import { HealthCheckFailed, ServiceEnded, StopFailed } from '../service-errors.js';
import type { HealthStatus, ServiceEnd, ServiceHandle, ServicePlugin } from '../service-plugin.js';
import { inSpan } from '../spans.js';
import { abortable, called } from './abortable.js';
import type { Hurry } from './hurry.js';
import { READY_INTERVAL_MS } from './service-policy.js';
import type { ServicePolicy } from './service-policy.js';
import type { HealthCheckReport } from './service-status.js';

/** What the verbs of one service are called with. */
export interface VerbsContext {
  readonly plugin: ServicePlugin;
  readonly policy: ServicePolicy;
  readonly clock: ServiceClock;
  readonly logger: PluginLogger;
  readonly tracker: ResourceTracker;
  readonly tracer: Tracer;
  readonly hurry: Hurry;
  readonly onHealthCheck: (report: HealthCheckReport) => void;
}

/** Calls the verbs of one plugin, each within its limit and in its span. Knows nothing of states. */
export class ServiceVerbs {
  #resources: readonly string[] = [];

  constructor(private readonly context: VerbsContext) {}

  /** One attempt. @returns what is ready. @throws the reason of the signal, or what went wrong; everything was given back then. */
  async bringUp(signal: AbortSignal): Promise<ServiceHandle> {
    const { tracer, plugin } = this.context;
    return inSpan(tracer, 'plugin_start', plugin.name, async () => {
      this.#resources = this.context.tracker.allocateAll(plugin.resources ?? [], plugin.name);
      const found: { handle: ServiceHandle | null } = { handle: null };
      try {
        return await this.#untilReady(found, signal);
      } catch (error) {
        await this.giveBack(found.handle);
        throw error;
      }
    });
  }

  /** @throws the reason of the signal: a check that nobody waits for any more is neither reported nor a failed one. */
  async check(handle: ServiceHandle, signal: AbortSignal): Promise<HealthCheckReport> {
    const { plugin, clock, tracer, policy, onHealthCheck } = this.context;
    const beganMs = clock.nowMs();
    let status: HealthStatus = 'unhealthy';
    let error: Error | null = null;
    try {
      status = await inSpan(tracer, 'plugin_health_check', plugin.name, async (span) => {
        const limitMs = policy.healthTimeoutSeconds * 1000;
        const late = (): Error => this.#unhealthy(`it took longer than ${policy.healthTimeoutSeconds} s`);
        const answer = await within(
          clock,
          limitMs,
          abortable(
            called(() => plugin.healthCheck(handle)),
            signal,
          ),
          late,
        );
        span.setAttribute('joblib.service.health', answer);
        return answer;
      });
    } catch (cause) {
      signal.throwIfAborted();
      error = cause instanceof HealthCheckFailed ? cause : this.#unhealthy(sentenceOf(cause), cause);
    }
    const report = { serviceName: plugin.name, status, latencyMs: clock.nowMs() - beganMs, error };
    onHealthCheck(report);
    return report;
  }

  /** Stops what runs, by force if need be, and gives everything back, whatever fails. @throws StopFailed. */
  async takeDown(handle: ServiceHandle, hasEnded: boolean): Promise<void> {
    const { tracer, plugin } = this.context;
    const failures: unknown[] = [];
    const keep = (failure: unknown): void => void failures.push(failure);
    await inSpan(tracer, 'plugin_stop', plugin.name, () => (hasEnded ? this.#force(handle) : this.#ask(handle))).catch(keep);
    await this.#cleanUp().catch(keep);
    this.#release();
    if (failures.length > 0) throw failures[0];
  }

  /** What a start had taken. Never rejects: there is already a reason why it is given back. */
  async giveBack(handle: ServiceHandle | null): Promise<void> {
    const report = (error: unknown): void => this.context.logger.error(sentenceOf(error));
    if (handle !== null) await this.#force(handle).catch(report);
    await this.#cleanUp().catch(report);
    this.#release();
  }

  async #untilReady(found: { handle: ServiceHandle | null }, signal: AbortSignal): Promise<ServiceHandle> {
    const { plugin, clock, policy } = this.context;
    const limit = new AbortController();
    const forward = (): void => limit.abort(signal.reason);
    if (signal.aborted) forward();
    signal.addEventListener('abort', forward, { once: true });
    let why: Error | null = null;
    const cancel = clock.startTimer(policy.startTimeoutSeconds * 1000, () => {
      const text = `it was not ready within ${policy.startTimeoutSeconds} s`;
      limit.abort(why === null ? new Error(text) : new Error(`${text}: ${sentenceOf(why)}`, { cause: why }));
    });
    try {
      const handle = await this.#started(limit.signal, (started) => (found.handle = started));
      void plugin.ended?.(handle).then(
        (end) => limit.abort(new ServiceEnded(plugin.name, `it ended ${describeEnd(end)} before it was ready`)),
        () => undefined,
      );
      for (;;) {
        const { status, error } = await this.check(handle, limit.signal);
        if (status === 'healthy') return handle;
        why = error;
        await pause(clock, READY_INTERVAL_MS, limit.signal);
        limit.signal.throwIfAborted();
      }
    } finally {
      cancel();
      signal.removeEventListener('abort', forward);
    }
  }

  /** A start that goes on although it was aborted is waited for a little, so that the next one does not meet it. */
  async #started(signal: AbortSignal, onHandle: (handle: ServiceHandle) => void): Promise<ServiceHandle> {
    const { plugin, clock, policy, hurry } = this.context;
    const starting = called(() => plugin.start(signal));
    try {
      const handle = await abortable(starting, signal);
      onHandle(handle);
      return handle;
    } catch (error) {
      if (!signal.aborted) throw error;
      const settled = starting.then(onHandle, () => undefined);
      await within(clock, policy.forceTimeoutSeconds * 1000, settled, () => new Error('late'), hurry.leave).catch(() => {
        void starting.then((handle) => this.#endLate(handle)).catch(() => undefined);
      });
      throw error;
    }
  }

  async #endLate(handle: ServiceHandle): Promise<void> {
    const { plugin, logger } = this.context;
    logger.warn(`Service ${plugin.name}: a start that was given up has come to something after all. It is ended.`);
    await this.#force(handle).catch((error: unknown) => logger.error(sentenceOf(error)));
  }

  async #ask(handle: ServiceHandle): Promise<void> {
    const { plugin, policy, clock, logger, hurry } = this.context;
    const late = (): Error => new Error(`it did not end within ${policy.stopTimeoutSeconds} s`);
    const asked = called(() => plugin.stop(handle));
    try {
      await within(clock, policy.stopTimeoutSeconds * 1000, asked, late, hurry.force);
    } catch (error) {
      logger.warn(`Service ${plugin.name}: ${sentenceOf(error)}. It is ended by force.`);
      await this.#force(handle);
    }
  }

  async #force(handle: ServiceHandle): Promise<void> {
    const { plugin } = this.context;
    await this.#forced('ending it by force', () => plugin.forceStop(handle));
  }

  async #cleanUp(): Promise<void> {
    const { plugin, tracer } = this.context;
    await inSpan(tracer, 'plugin_cleanup', plugin.name, () => this.#forced('cleaning up', () => plugin.cleanup()));
  }

  async #forced(what: string, verb: () => Promise<void>): Promise<void> {
    const { plugin, policy, clock, hurry } = this.context;
    const late = (): Error => new Error(`it took longer than ${policy.forceTimeoutSeconds} s`);
    try {
      await within(clock, policy.forceTimeoutSeconds * 1000, called(verb), late, hurry.leave);
    } catch (error) {
      if (error instanceof StopFailed) throw error;
      throw new StopFailed(plugin.name, `${what}: ${sentenceOf(error)}`, { cause: error });
    }
  }

  #release(): void {
    for (const id of this.#resources) this.context.tracker.release(id);
    this.#resources = [];
  }

  #unhealthy(reason: string, cause?: unknown): HealthCheckFailed {
    return new HealthCheckFailed(this.context.plugin.name, reason, isError(cause) ? { cause } : {});
  }
}

/** `with exit code 1`, `by SIGKILL`. */
export function describeEnd({ exitCode, signal }: ServiceEnd): string {
  if (exitCode !== null) return `with exit code ${exitCode}`;
  return typeof signal === 'string' ? `by ${signal}` : 'in an unknown way';
}
