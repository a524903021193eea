import type { Tracer } from '@opentelemetry/api';

import { CONSOLE_LOGGER, sentenceOf } from '../../logger.js';
import type { PluginLogger } from '../../logger.js';
import { ResourceTracker } from '../resource-tracker.js';
import { SYSTEM_SERVICE_CLOCK } from '../service-clock.js';
import type { ServiceClock } from '../service-clock.js';
import { ServiceConfigError, ServiceNotFoundError, StartFailed } from '../service-errors.js';
import type { ServicePlugin } from '../service-plugin.js';
import { canStart, canStop } from '../service-state.js';
import { defaultTracer } from '../spans.js';
import { abortable } from './abortable.js';
import { Hurry } from './hurry.js';
import type { DisposeLimits } from './hurry.js';
import { completePolicy } from './service-policy.js';
import type { ServicePolicy } from './service-policy.js';
import type { HealthCheckReport, ServiceChange, ServiceStatus } from './service-status.js';
import { startOrder } from './start-order.js';
import { SupervisedService } from './supervised-service.js';

/** One service, and how it is to be run. */
export interface ServiceDefinition {
  readonly plugin: ServicePlugin;
  /** What lists call it. `custom` when absent. */
  readonly kind?: string;
  /** Names of services that run before this one is started, and until it is stopped. */
  readonly requires?: readonly string[];
  /** Full names of the jobs that need it; kept for whoever hands out tasks. */
  readonly jobs?: readonly string[];
  readonly policy?: Partial<ServicePolicy>;
}

export interface SupervisorOptions {
  /** The console when absent. */
  readonly logger?: PluginLogger;
  readonly clock?: ServiceClock;
  /** Shared by all services. Without limits when absent. */
  readonly tracker?: ResourceTracker;
  /** The application's own when absent. */
  readonly tracer?: Tracer;
}

/** Runs services and keeps them running. `await using` ends them all. */
export class Supervisor {
  /** In start order. */
  readonly #services: ReadonlyMap<string, SupervisedService>;
  readonly #changeListeners = new Set<(change: ServiceChange) => void>();
  readonly #checkListeners = new Set<(report: HealthCheckReport) => void>();
  readonly #logger: PluginLogger;
  readonly #hurry: Hurry;
  #end: Promise<void> | null = null;

  /** @throws ServiceConfigError: an empty or repeated name, a requirement that is not there, a cycle, a bad value. */
  constructor(definitions: readonly ServiceDefinition[], options: SupervisorOptions = {}) {
    this.#logger = options.logger ?? CONSOLE_LOGGER;
    const nodes = definitions.map((definition) => ({ name: definition.plugin.name, requires: definition.requires ?? [], definition }));
    if (nodes.some(({ name }) => name.trim() === '')) throw new ServiceConfigError('Plugin name cannot be empty');
    const clock = options.clock ?? SYSTEM_SERVICE_CLOCK;
    this.#hurry = new Hurry(clock);
    const shared = {
      logger: this.#logger,
      clock,
      hurry: this.#hurry,
      tracker: options.tracker ?? new ResourceTracker(),
      tracer: options.tracer ?? defaultTracer(),
      onChange: (change: ServiceChange) => this.#tell(this.#changeListeners, change),
      onHealthCheck: (report: HealthCheckReport) => this.#tell(this.#checkListeners, report),
    };
    const supervise = ({ plugin, kind = 'custom', requires = [], jobs = [], policy = {} }: ServiceDefinition): SupervisedService =>
      new SupervisedService({
        ...shared,
        plugin,
        policy: completePolicy(policy),
        facts: { kind, requires, jobs },
        awaitRequirements: (signal) => this.#awaitAll(plugin.name, requires, signal),
      });
    this.#services = new Map(startOrder(nodes).map(({ name, definition }) => [name, supervise(definition)]));
  }

  /** In start order. */
  list(): ServiceStatus[] {
    return [...this.#services.values()].map((service) => service.status());
  }

  /** @throws ServiceNotFoundError. */
  status(name: string): ServiceStatus {
    return this.#service(name).status();
  }

  /** Starts all that can be started, each after what it requires. Never rejects: what failed is logged, and listed as `failed`. */
  async startAll(): Promise<void> {
    const startable = [...this.#services.values()].filter(({ state }) => canStart(state));
    await Promise.all(startable.map((service) => (canStart(service.state) ? service.start().catch(() => undefined) : service.settled())));
  }

  /** What it requires is started first. Resolves when it is ready. @throws InvalidState, StartFailed, ResourceAllocationFailed, ServiceNotFoundError. */
  async start(name: string): Promise<void> {
    await this.#service(name).start();
  }

  /** What requires it is stopped first. A start is aborted: `failed`, with "stopped while starting". @throws InvalidState, StopFailed, ServiceNotFoundError. */
  async stop(name: string): Promise<void> {
    const service = this.#service(name);
    const isStarting = service.state === 'starting';
    await service.stop(() => this.#stopDependents(name));
    if (isStarting) await this.#stopDependents(name);
  }

  /** What requires it goes on meanwhile. @throws InvalidState, StopFailed, and as `start`. */
  async restart(name: string): Promise<void> {
    await this.#service(name).restart();
  }

  /** Back to `initialized`, the past forgotten. @throws InvalidState unless it is `failed` or `stopped`, ServiceNotFoundError. */
  reset(name: string): void {
    this.#service(name).reset();
  }

  /** Called after every change of a state or of a health, in their order. @returns the way to stop listening. */
  onChange(listener: (change: ServiceChange) => void): () => void {
    this.#changeListeners.add(listener);
    return () => void this.#changeListeners.delete(listener);
  }

  /** Called after every health check. @returns the way to stop listening. */
  onHealthCheck(listener: (report: HealthCheckReport) => void): () => void {
    this.#checkListeners.add(listener);
    return () => void this.#checkListeners.delete(listener);
  }

  /** Ends all services, in reverse start order: each after those that require it. Nothing can be started afterwards. Never rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#end ??= this.#closeAll();
    return this.#end;
  }

  /** The same in limited time: also while a disposal without limits is under way. Never rejects. */
  async dispose(limits: DisposeLimits): Promise<void> {
    await this.#hurry.within(limits, this[Symbol.asyncDispose]());
  }

  async #closeAll(): Promise<void> {
    const all = [...this.#services.values()].reverse();
    for (const service of all) service.refuseStarts();
    const closing = new Map<string, Promise<void>>();
    for (const service of all) {
      const dependents = this.#directDependents(service.name).flatMap(({ name }) => closing.get(name) ?? []);
      const turn = abortable(Promise.all(dependents), this.#hurry.force).catch(() => undefined);
      const close = service.state === 'starting' ? service.close() : turn.then(() => service.close());
      closing.set(service.name, close);
    }
    await Promise.all(closing.values());
  }

  async #awaitAll(name: string, requires: readonly string[], signal: AbortSignal): Promise<void> {
    await Promise.all(requires.map((required) => this.#awaitRunning(this.#service(required), name, signal)));
  }

  async #awaitRunning(required: SupervisedService, by: string, signal: AbortSignal): Promise<void> {
    while (required.state !== 'running') {
      signal.throwIfAborted();
      if (required.state === 'failed') throw new StartFailed(by, `it requires ${required.name}, which is failed`);
      if (canStart(required.state)) {
        await required.start().catch((cause: unknown) => {
          throw new StartFailed(by, `it requires ${required.name}: ${sentenceOf(cause)}`, { cause });
        });
      } else await required.settled();
    }
  }

  async #stopDependents(name: string): Promise<void> {
    const stopping = this.#directDependents(name).map(async (dependent) => {
      if (canStop(dependent.state)) await this.stop(dependent.name).catch((error: unknown) => this.#logger.error(sentenceOf(error)));
      await dependent.settled();
    });
    await Promise.all(stopping);
  }

  /** Last started first. */
  #directDependents(name: string): SupervisedService[] {
    return [...this.#services.values()].filter((service) => service.status().requires.includes(name)).reverse();
  }

  #service(name: string): SupervisedService {
    const service = this.#services.get(name);
    if (service === undefined) throw new ServiceNotFoundError(name);
    return service;
  }

  /** A little later: a listener may call any verb, and a change is complete before somebody hears of it. */
  #tell<News>(listeners: ReadonlySet<(news: News) => void>, news: News): void {
    for (const listener of listeners) {
      queueMicrotask(() => {
        try {
          listener(news);
        } catch (error) {
          this.#logger.error(`A listener to services failed: ${sentenceOf(error)}`);
        }
      });
    }
  }
}
