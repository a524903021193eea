import { Playground } from '../service/server-process.js';
import type { ServiceProcess } from '../service/server-process.js';
import { SECRET } from '../faults/service-users.js';

/** The service several times over, as processes on one database and one Redis. */
export class ServiceCluster {
  readonly #playground = new Playground();
  readonly #processes: (ServiceProcess | null)[];
  readonly #addresses: (string | null)[];

  private constructor(
    count: number,
    private readonly environment: Record<string, string>,
  ) {
    this.#processes = Array<null>(count).fill(null);
    this.#addresses = Array<null>(count).fill(null);
  }

  /** @param environment `DATABASE_URL` and whatever else they have in common. */
  static async start(count: number, environment: Record<string, string>): Promise<ServiceCluster> {
    const cluster = new ServiceCluster(count, { ZNDRAW_JOBLIB_JWT_SECRET: SECRET, LOG_LEVEL: 'warn', ...environment });
    for (let index = 0; index < count; index += 1) await cluster.startOne(index);
    return cluster;
  }

  /** Where each serves; `null` while it does not. */
  get addresses(): readonly (string | null)[] {
    return this.#addresses;
  }

  /** @throws Error when it is not running. */
  process(index: number): ServiceProcess {
    const running = this.#processes[index];
    if (running == null) throw new Error(`Server ${index} is not running.`);
    return running;
  }

  /** @throws Error when it is not running. */
  address(index: number): string {
    const address = this.#addresses[index];
    if (address == null) throw new Error(`Server ${index} is not running.`);
    return address;
  }

  /** Resolves when it serves; on a new port each time. */
  async startOne(index: number): Promise<string> {
    const started = this.#playground.start(this.#playground.folder(), this.environment);
    this.#processes[index] = started;
    return (this.#addresses[index] = await started.listening());
  }

  /** Resolves to its exit code, or the signal. */
  async stopOne(index: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    const stopped = this.process(index);
    this.#addresses[index] = null;
    const exit = await stopped.stop(signal);
    this.#processes[index] = null;
    return exit;
  }

  /** What all of them printed about failures, those of stopped ones excepted. */
  get complaints(): string {
    return this.#processes.map((each) => each?.stderr ?? '').join('');
  }

  async clear(): Promise<void> {
    for (const each of this.#processes) each?.child.kill('SIGCONT');
    await this.#playground.clear();
  }
}
