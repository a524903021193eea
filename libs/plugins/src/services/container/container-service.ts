import { randomUUID } from 'node:crypto';

import { CONSOLE_LOGGER, sentenceOf } from '../../logger.js';
import type { PluginLogger } from '../../logger.js';
import { DroppedHandles } from '../dropped-handles.js';
import { probeHttp, probePort } from '../probe/probe.js';
import { onlyNamed } from '../process/inherited-environment.js';
import type { OwnEnvironment } from '../process/inherited-environment.js';
import { HealthCheckFailed, StartFailed } from '../service-errors.js';
import { logOutput } from '../service-output.js';
import type { ServiceOutput } from '../service-output.js';
import type { HealthStatus, ResourceNeed, ServiceEnd, ServiceHandle, ServicePlugin } from '../service-plugin.js';
import { containerSpec } from './container-config.js';
import type { ContainerServiceConfig, ContainerSpec } from './container-config.js';
import { ContainerEngine } from './container-engine.js';
import type { EngineAddress } from './container-engine.js';
import { LABELS, isSupervised, supervisorLabel } from './container-labels.js';
import { containerRequest } from './container-request.js';

/** What the application adds to a configuration. */
export interface ContainerServiceOptions extends EngineAddress {
  /** The console when absent. */
  readonly logger?: PluginLogger;
  /** Called for each line of output; it goes to the log when absent. */
  readonly onOutput?: (output: ServiceOutput) => void;
  /** More variables, asked for at each start; the configuration's own win. */
  readonly environment?: (serviceName: string) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** What `null` in `env` stands for. `process.env` when absent. */
  readonly ownEnvironment?: OwnEnvironment;
}

interface Started {
  /** Aborted when nobody wants to hear of it any more. */
  readonly over: AbortController;
  readonly ended: Promise<ServiceEnd>;
  isLineSeen: boolean;
}

/** An engine's proxy accepts for a program that does not listen yet, and hangs up at once. */
const HELD_MS = 150;

/** Runs a container on any engine with the API of Docker's. Needs the package `dockerode`. */
export class ContainerService implements ServicePlugin {
  readonly name: string;
  readonly resources: readonly ResourceNeed[];
  readonly #spec: ContainerSpec;
  readonly #logger: PluginLogger;
  readonly #instance = randomUUID();
  /** By container id. */
  readonly #started = new Map<string, Started>();
  readonly #dropped: DroppedHandles;
  #engine: ContainerEngine | null = null;

  /** @throws ServiceConfigError naming the key. */
  constructor(
    config: ContainerServiceConfig,
    private readonly options: ContainerServiceOptions = {},
  ) {
    this.#spec = containerSpec(config);
    const { name, ports, memoryMb } = this.#spec;
    this.name = name;
    this.resources = [
      { type: 'container' },
      ...(ports.length === 0 ? [] : [{ type: 'port', amount: ports.length }]),
      ...(memoryMb === null ? [] : [{ type: 'memory', amount: memoryMb }]),
    ];
    this.#logger = options.logger ?? CONSOLE_LOGGER;
    this.#dropped = new DroppedHandles(name, this.#logger, (id) => this.#remove(id));
  }

  /** Ends what was left behind, fetches the image if need be, creates and starts. @throws StartFailed. */
  async start(signal: AbortSignal): Promise<ServiceHandle> {
    try {
      const id = await this.#run(signal);
      const handle: ServiceHandle = { id, serviceName: this.name, metadata: { container_id: id } };
      this.#dropped.watch(handle);
      return handle;
    } catch (error) {
      signal.throwIfAborted();
      throw new StartFailed(this.name, sentenceOf(error), { cause: error });
    }
  }

  /** @throws HealthCheckFailed why it is unhealthy. */
  async healthCheck({ metadata }: ServiceHandle): Promise<HealthStatus> {
    const { container_id: id } = metadata;
    if (id === undefined) throw new HealthCheckFailed(this.name, 'its handle has no container_id');
    try {
      return await this.#health(id);
    } catch (error) {
      throw new HealthCheckFailed(this.name, sentenceOf(error), { cause: error });
    }
  }

  async stop({ id }: ServiceHandle): Promise<void> {
    const engine = await this.#open();
    await engine.stop(id, this.#spec.stopTimeoutSeconds);
  }

  async forceStop({ id }: ServiceHandle): Promise<void> {
    await this.#remove(id);
  }

  /** Also what was created without an answer to tell. */
  async cleanup(): Promise<void> {
    const engine = await this.#open();
    const left = await engine.find({ [LABELS.instance]: this.#instance });
    await Promise.all(left.map(({ id }) => this.#remove(id)));
    for (const id of this.#started.keys()) this.#forget(id);
  }

  /** Never, when it is none of its containers. */
  ended({ id }: ServiceHandle): Promise<ServiceEnd> {
    return this.#started.get(id)?.ended ?? new Promise(() => undefined);
  }

  async #run(signal: AbortSignal): Promise<string> {
    const engine = await this.#open();
    const { name, image, env, owner } = this.#spec;
    const more = (await this.options.environment?.(name)) ?? {};
    await this.#reap(engine);
    await engine.provide(image, signal);
    signal.throwIfAborted();
    const labels = {
      [LABELS.service]: name,
      [LABELS.owner]: owner,
      [LABELS.instance]: this.#instance,
      [LABELS.supervisor]: supervisorLabel(),
    };
    const request = containerRequest(this.#spec, onlyNamed(this.options.ownEnvironment, more, env), labels);
    const id = await engine.create(`joblib-${name.replaceAll(/[^\w.-]/g, '_')}-${randomUUID().slice(0, 8)}`, request);
    try {
      await engine.start(id);
      await this.#follow(engine, id);
      return id;
    } catch (error) {
      await this.#remove(id);
      throw error;
    }
  }

  async #reap(engine: ContainerEngine): Promise<void> {
    const { name, owner } = this.#spec;
    for (const { id, labels } of await engine.find({ [LABELS.service]: name, [LABELS.owner]: owner })) {
      const isOwn = labels[LABELS.instance] === this.#instance;
      if (!isOwn && isSupervised(labels[LABELS.supervisor])) continue;
      this.#logger.warn(`Service ${name}: container ${id.slice(0, 12)} was left behind, and is removed.`);
      await engine.remove(id);
    }
  }

  async #follow(engine: ContainerEngine, id: string): Promise<void> {
    const over = new AbortController();
    const ended = engine.wait(id, over.signal).then((exitCode): ServiceEnd => ({ exitCode }));
    ended.catch((error: unknown) => {
      if (!over.signal.aborted) this.#logger.warn(`Service ${this.name}: nobody tells when it ends: ${sentenceOf(error)}`);
    });
    const started: Started = { over, ended, isLineSeen: false };
    this.#started.set(id, started);
    await engine.follow(id, over.signal, (stream, line) => this.#onLine(started, stream, line));
  }

  #onLine(started: Started, stream: 'stdout' | 'stderr', line: string): void {
    const { name, ready } = this.#spec;
    if (ready !== null && 'log' in ready && line.includes(ready.log)) started.isLineSeen = true;
    const tell = this.options.onOutput ?? logOutput(this.#logger);
    tell({ serviceName: name, stream, line });
  }

  async #health(id: string): Promise<HealthStatus> {
    const engine = await this.#open();
    const { isRunning, exitCode, health } = await engine.state(id);
    if (!isRunning) throw new Error(`container ${id.slice(0, 12)} has ended with exit code ${exitCode}`);
    if (health === 'unhealthy') throw new Error('the health check of its image says so');
    if (health === 'starting') return 'unknown';
    const { ready } = this.#spec;
    if (ready === null) return 'healthy';
    if ('log' in ready) return this.#started.get(id)?.isLineSeen === true ? 'healthy' : 'unknown';
    await ('port' in ready ? probePort(ready.port, HELD_MS) : probeHttp(ready.http));
    return 'healthy';
  }

  async #remove(id: string): Promise<void> {
    const engine = await this.#open();
    await engine.remove(id);
    this.#forget(id);
  }

  #forget(id: string): void {
    this.#started.get(id)?.over.abort();
    this.#started.delete(id);
    this.#dropped.forget(id);
  }

  async #open(): Promise<ContainerEngine> {
    this.#engine ??= await ContainerEngine.open(this.options);
    return this.#engine;
  }
}
