import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';

import { CONSOLE_LOGGER, sentenceOf } from '../../logger.js';
import type { PluginLogger } from '../../logger.js';
import { probeHttp, probePort } from '../probe/probe.js';
import { HealthCheckFailed, StartFailed, StopFailed } from '../service-errors.js';
import { logOutput } from '../service-output.js';
import type { ServiceOutput } from '../service-output.js';
import type { HealthStatus, ResourceNeed, ServiceEnd, ServiceHandle, ServicePlugin } from '../service-plugin.js';
import { DroppedHandles } from '../dropped-handles.js';
import { endOrphans } from './end-orphans.js';
import { environmentWith } from './inherited-environment.js';
import type { OwnEnvironment } from './inherited-environment.js';
import { commandOf } from './process-config.js';
import type { ProcessServiceConfig } from './process-config.js';
import { identityOf } from './process-identity.js';
import { ProcessRecords } from './process-records.js';
import { RunningProcess } from './running-process.js';

/** What the application adds to a configuration. */
export interface ProcessServiceOptions {
  /** The console when absent. */
  readonly logger?: PluginLogger;
  /** Called for each line of output; it goes to the log when absent. */
  readonly onOutput?: (output: ServiceOutput) => void;
  /** More variables, asked for at each start; the configuration's own win. */
  readonly environment?: (serviceName: string) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** What is handed on of it, and what `null` in `env` stands for. `process.env` when absent. */
  readonly ownEnvironment?: OwnEnvironment;
  /** Where to keep what runs, so that the next start ends what a killed supervisor left behind. Nothing is kept when absent. */
  readonly recordsFolder?: string;
}

interface Started {
  readonly running: RunningProcess;
  isLineSeen: boolean;
}

/** Runs a program in a process group of its own. For Linux and macOS. */
export class ProcessService implements ServicePlugin {
  readonly name: string;
  readonly resources: readonly ResourceNeed[];
  readonly #command: readonly [string, ...string[]];
  readonly #logger: PluginLogger;
  readonly #records: ProcessRecords | null;
  readonly #started = new Map<string, Started>();
  readonly #dropped: DroppedHandles;

  /** @throws ServiceConfigError naming the key. */
  constructor(
    private readonly config: ProcessServiceConfig,
    private readonly options: ProcessServiceOptions = {},
  ) {
    this.#command = commandOf(config);
    this.name = config.name;
    this.resources = [{ type: 'process' }, ...(config.ready !== undefined && 'port' in config.ready ? [{ type: 'port' }] : [])];
    this.#logger = options.logger ?? CONSOLE_LOGGER;
    this.#records = options.recordsFolder === undefined ? null : new ProcessRecords(options.recordsFolder);
    this.#dropped = new DroppedHandles(config.name, this.#logger, (id) => this.#release(id));
  }

  /** Resolves when the process runs. @throws StartFailed. */
  async start(signal: AbortSignal): Promise<ServiceHandle> {
    const more = (await this.options.environment?.(this.name)) ?? {};
    if (this.#records !== null) await endOrphans(this.#records.folder, this.#logger);
    signal.throwIfAborted();
    const id = randomUUID();
    let pid: number | undefined;
    try {
      const { running } = this.#spawn(id, environmentWith(this.options.ownEnvironment, more, this.config.env ?? {}));
      await running.spawned();
      pid = running.pid;
    } catch (error) {
      this.#forget(id);
      throw new StartFailed(this.name, this.#whyNot(error), { cause: error });
    }
    const handle: ServiceHandle = { id, serviceName: this.name, metadata: { pid: String(pid) } };
    this.#dropped.watch(handle);
    return handle;
  }

  /** @throws HealthCheckFailed why it is unhealthy. */
  async healthCheck({ id, metadata }: ServiceHandle): Promise<HealthStatus> {
    const { pid } = metadata;
    if (pid === undefined) throw new HealthCheckFailed(this.name, 'its handle has no pid');
    const started = this.#started.get(id);
    if (started === undefined || started.running.hasEnded) throw new HealthCheckFailed(this.name, `process ${pid} has ended`);
    const { ready } = this.config;
    if (ready === undefined) return 'healthy';
    if ('log' in ready) return started.isLineSeen ? 'healthy' : 'unknown';
    try {
      await ('port' in ready ? probePort(ready.port) : probeHttp(ready.http));
    } catch (error) {
      throw new HealthCheckFailed(this.name, sentenceOf(error), { cause: error });
    }
    return 'healthy';
  }

  async stop({ id }: ServiceHandle): Promise<void> {
    await this.#started.get(id)?.running.end('SIGTERM');
  }

  async forceStop({ id }: ServiceHandle): Promise<void> {
    await this.#started.get(id)?.running.end('SIGKILL');
  }

  /** @throws StopFailed when something cannot be ended: its record is kept. */
  async cleanup(): Promise<void> {
    await Promise.all([...this.#started.keys()].map((id) => this.#release(id)));
  }

  /** Never, when it is none of its processes. */
  ended({ id }: ServiceHandle): Promise<ServiceEnd> {
    return this.#started.get(id)?.running.ended ?? new Promise(() => undefined);
  }

  /** Recorded before it is there, so that no kill comes between. */
  #spawn(id: string, env: Record<string, string>): Started {
    this.#records?.write(this.name, id, null);
    const started: Started = {
      isLineSeen: false,
      running: new RunningProcess(this.#command, {
        mark: id,
        env,
        ...(this.config.cwd === undefined ? {} : { cwd: this.config.cwd }),
        onLine: (stream, line) => this.#onLine(started, stream, line),
      }),
    };
    this.#started.set(id, started);
    const { pid } = started.running;
    if (pid !== undefined) this.#records?.write(this.name, id, identityOf(pid));
    return started;
  }

  #onLine(started: Started, stream: 'stdout' | 'stderr', line: string): void {
    const { ready } = this.config;
    if (ready !== undefined && 'log' in ready && line.includes(ready.log)) started.isLineSeen = true;
    const tell = this.options.onOutput ?? logOutput(this.#logger);
    tell({ serviceName: this.name, stream, line });
  }

  async #release(id: string): Promise<void> {
    const started = this.#started.get(id);
    if (started === undefined) return;
    if (!(await started.running.release())) throw new StopFailed(this.name, `process ${started.running.pid} cannot be ended`);
    this.#forget(id);
  }

  #forget(id: string): void {
    this.#started.delete(id);
    this.#dropped.forget(id);
    this.#records?.remove(id);
  }

  #whyNot(error: unknown): string {
    const { cwd } = this.config;
    if (cwd !== undefined && !existsSync(cwd)) return `its folder ${cwd} does not exist`;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `there is no program ${this.#command[0]}`;
    if (code === 'EACCES') return `${this.#command[0]} may not be run`;
    return sentenceOf(error);
  }
}
