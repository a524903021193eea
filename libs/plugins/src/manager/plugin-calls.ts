import { isDeepStrictEqual } from 'node:util';

import type { PluginExecutionContext } from '../context/plugin-execution-context.js';
import { typeName } from '../loading/inspect.js';
import { PluginTimeLimitError } from '../plugin-run-errors.js';
import type { PluginConfig, AnyPostProcessor } from '../post-processor.js';

/** A plugin whose calls can be ended from outside. */
interface Terminable {
  terminate(): Promise<void>;
}

/**
 * Calls one plugin: one call at a time, each within the time limit, `initialize` first where it is due. An instance cannot be stopped:
 * one that ignores its signal keeps the next calls waiting, which then run over their own limit.
 */
export class PluginCalls {
  /** Settled when the call before was answered. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Settled when the plugin is really done with it. */
  #work: Promise<unknown> = Promise.resolve();
  #initializedWith: PluginConfig | undefined;

  constructor(
    private readonly name: string,
    private readonly plugin: AnyPostProcessor & Partial<Terminable>,
    private readonly timeLimitMs: number,
  ) {}

  /** @throws what the plugin throws, `PluginTimeLimitError`, or the reason of the context's signal when it comes before the start. */
  process(context: PluginExecutionContext, config: unknown): Promise<void> {
    const answered = this.#turn.then(() => this.#limited(context, config));
    this.#turn = answered.catch(() => undefined);
    return answered;
  }

  /** After the calls that were asked for: for a plugin that is no longer registered. */
  endWhenIdle(): void {
    this.#turn = this.#turn.then(() => this.end());
  }

  /** Now: a call that runs in a thread fails. */
  async end(): Promise<void> {
    await this.plugin.terminate?.();
  }

  async #limited(context: PluginExecutionContext, config: unknown): Promise<void> {
    const timeIsUp = new AbortController();
    let isStarted = false;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const error = new PluginTimeLimitError(this.#whyLate(isStarted));
        timeIsUp.abort(error);
        reject(error);
        void this.end();
      }, this.timeLimitMs);
    });
    const work = this.#work.then(async () => {
      if (timeIsUp.signal.aborted) return;
      isStarted = true;
      await this.#call(context, AbortSignal.any([context.signal, timeIsUp.signal]), config);
    });
    this.#work = work.catch(() => undefined);
    try {
      await Promise.race([work, limit]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #call(context: PluginExecutionContext, signal: AbortSignal, config: unknown): Promise<void> {
    signal.throwIfAborted();
    await this.#initialize(config);
    signal.throwIfAborted();
    await this.plugin.process(context.withSignal(signal));
  }

  async #initialize(config: unknown): Promise<void> {
    assertConfig(this.name, config);
    if (this.#initializedWith !== undefined && isDeepStrictEqual(this.#initializedWith, config)) return;
    this.#initializedWith = undefined;
    await this.plugin.initialize?.(config);
    this.#initializedWith = config;
  }

  #whyLate(isStarted: boolean): string {
    if (isStarted) return `Plugin ${this.name} took longer than ${this.timeLimitMs} ms.`;
    return `Plugin ${this.name} is still busy with an earlier call that ran over its limit of ${this.timeLimitMs} ms.`;
  }
}

function assertConfig(name: string, config: unknown): asserts config is PluginConfig {
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return;
  throw new TypeError(`The configuration of plugin ${name} must be an object, got ${typeName(config)}.`);
}
