import type { HealthStatus, ResourceNeed, ServiceEnd, ServiceHandle, ServicePlugin } from './service-plugin.js';

/** What each verb does the next time. `deaf`: it takes no notice of its signal. `hang`: it never answers. */
export interface Mood {
  start: 'ok' | 'throw' | 'hang' | 'deaf';
  health: HealthStatus | 'throw' | 'hang';
  stop: 'ok' | 'throw' | 'hang';
  forceStop: 'ok' | 'throw' | 'hang';
  cleanup: 'ok' | 'throw' | 'hang';
}

interface Life {
  readonly handle: ServiceHandle;
  readonly end: (end: ServiceEnd) => void;
  readonly ended: Promise<ServiceEnd>;
}

/** A service that does as it is told, and knows how much of it is alive. */
export class FakeService implements ServicePlugin {
  readonly mood: Mood = { start: 'ok', health: 'healthy', stop: 'ok', forceStop: 'ok', cleanup: 'ok' };
  /** Verbs in the order in which they were called. */
  readonly calls: string[] = [];
  readonly #alive = new Map<string, Life>();
  readonly #deafStarts: ((handle: ServiceHandle) => void)[] = [];
  #count = 0;

  constructor(
    readonly name = 'fake',
    readonly resources: readonly ResourceNeed[] = [],
    private readonly log: string[] = [],
  ) {}

  get aliveCount(): number {
    return this.#alive.size;
  }

  start(signal: AbortSignal): Promise<ServiceHandle> {
    this.#note('start');
    switch (this.mood.start) {
      case 'ok':
        return Promise.resolve(this.#live());
      case 'throw':
        throw new Error('cannot start');
      case 'hang':
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      case 'deaf':
        return new Promise((resolve) => this.#deafStarts.push(resolve));
    }
  }

  async healthCheck(handle: ServiceHandle): Promise<HealthStatus> {
    this.#note('health');
    const { health } = this.mood;
    if (health === 'throw') throw new Error('cannot tell');
    if (health === 'hang') return never();
    return this.#alive.has(handle.id) ? health : 'unhealthy';
  }

  async stop({ id }: ServiceHandle): Promise<void> {
    await this.#perform('stop', () => this.#alive.delete(id));
  }

  async forceStop({ id }: ServiceHandle): Promise<void> {
    await this.#perform('forceStop', () => this.#alive.delete(id));
  }

  async cleanup(): Promise<void> {
    await this.#perform('cleanup', () => this.#alive.clear());
  }

  ended({ id }: ServiceHandle): Promise<ServiceEnd> {
    return this.#alive.get(id)?.ended ?? never();
  }

  /** It ends by itself. */
  exit(end: ServiceEnd = { exitCode: 1 }): void {
    for (const [id, life] of this.#alive) {
      this.#alive.delete(id);
      life.end(end);
    }
  }

  /** Starts that took no notice of being given up come to an end. */
  endDeafStarts(): void {
    for (const resolve of this.#deafStarts.splice(0)) resolve(this.#live());
  }

  #live(): ServiceHandle {
    this.#count += 1;
    const handle: ServiceHandle = { id: `${this.name}-${this.#count}`, serviceName: this.name, metadata: {} };
    let end: (end: ServiceEnd) => void = () => undefined;
    const ended = new Promise<ServiceEnd>((resolve) => (end = resolve));
    this.#alive.set(handle.id, { handle, end, ended });
    return handle;
  }

  async #perform(verb: 'stop' | 'forceStop' | 'cleanup', work: () => unknown): Promise<void> {
    this.#note(verb);
    const mood = this.mood[verb];
    if (mood === 'throw') throw new Error(`cannot ${verb}`);
    if (mood === 'hang') return never();
    work();
    return undefined;
  }

  #note(verb: string): void {
    this.calls.push(verb);
    this.log.push(`${this.name} ${verb}`);
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
