import type { PluginExecutionContext } from '../context/plugin-execution-context.js';
import { PluginMetadata } from '../plugin-metadata.js';
import type { Accepts, PluginConfig } from '../post-processor.js';

/** Keeps what it is given, and fails when told to: for tests of what hands results to plugins. */
export class RecordingPlugin {
  readonly contexts: PluginExecutionContext[] = [];
  readonly configs: PluginConfig[] = [];
  #failure: unknown;
  #failuresLeft = 0;
  readonly #arrivals: { count: number; resolve: () => void }[] = [];

  constructor(
    private readonly name = 'recording',
    readonly accepts: Accepts = 'tasks',
  ) {}

  metadata(): PluginMetadata {
    return new PluginMetadata({ name: this.name, version: '1.0.0', author: 'joblib', description: 'Keeps what it is given.' });
  }

  initialize(config: PluginConfig): void {
    this.configs.push(config);
  }

  process(context: PluginExecutionContext): void {
    this.contexts.push(context);
    for (const { count, resolve } of this.#arrivals) if (count <= this.contexts.length) resolve();
    if (this.#failuresLeft === 0) return;
    this.#failuresLeft -= 1;
    throw this.#failure;
  }

  /** The next `times` calls are recorded and throw `error`. */
  failNext(error: unknown = new Error('told to fail'), times = 1): void {
    this.#failure = error;
    this.#failuresLeft = times;
  }

  /** Resolves when it has been given `count` contexts since it was made. */
  async received(count: number): Promise<readonly PluginExecutionContext[]> {
    if (this.contexts.length < count) await new Promise<void>((resolve) => this.#arrivals.push({ count, resolve }));
    return this.contexts;
  }
}
