import type { PluginExecutionContext } from '../context/plugin-execution-context.js';
import type { PluginSource } from '../loading/plugin-source.js';
import { PluginMetadata } from '../plugin-metadata.js';
import { PluginRegistrationError } from '../plugin-registration-error.js';
import { PluginTimeLimitError } from '../plugin-run-errors.js';
import type { Accepts, PluginConfig, PostProcessor } from '../post-processor.js';
import { ThreadLink } from './thread-link.js';
import { copyContext } from './thread-messages.js';
import type { CopiedError, ThreadAnswer } from './thread-messages.js';

/** What a thread may take. The time limit here is for loading; calls are ended by `terminate`. */
export interface ThreadLimits {
  readonly timeLimitMs: number;
  readonly memoryMb: number;
}

/** A plugin that lives in a thread of its own; after it was ended or crashed, the next call starts it anew with its configuration. */
export class IsolatedPlugin implements PostProcessor {
  #thread: ThreadLink;
  #config: PluginConfig | undefined;
  #metadata: PluginMetadata | undefined;
  #accepts: Accepts = 'reports';

  private constructor(
    private readonly source: PluginSource,
    private readonly memoryMb: number,
  ) {
    this.#thread = new ThreadLink(source, memoryMb);
  }

  /**
   * @throws PluginRegistrationError what the plugin was refused with in its thread.
   * @throws PluginTimeLimitError when loading takes longer than the limit, as with an endless loop in the module.
   */
  static async load(source: PluginSource, { timeLimitMs, memoryMb }: ThreadLimits): Promise<IsolatedPlugin> {
    const plugin = new IsolatedPlugin(source, memoryMb);
    const late = AbortSignal.timeout(timeLimitMs);
    const end = (): void => void plugin.terminate();
    late.addEventListener('abort', end);
    try {
      await plugin.#awaitReady();
      return plugin;
    } catch (error) {
      throw late.aborted ? new PluginTimeLimitError(`Loading it took longer than ${timeLimitMs} ms.`, { cause: error }) : error;
    } finally {
      late.removeEventListener('abort', end);
    }
  }

  metadata(): PluginMetadata {
    return this.#metadata as PluginMetadata;
  }

  get accepts(): Accepts {
    return this.#accepts;
  }

  async initialize(config: PluginConfig): Promise<void> {
    this.#config = undefined;
    const thread = await this.#liveThread();
    expectDone(await thread.ask({ kind: 'initialize', config }));
    this.#config = config;
  }

  async process(context: PluginExecutionContext): Promise<void> {
    const thread = await this.#liveThread();
    const abort = (): void => thread.abort(context.signal.reason);
    context.signal.addEventListener('abort', abort, { once: true });
    try {
      expectDone(await thread.ask({ kind: 'process', context: copyContext(context) }));
    } finally {
      context.signal.removeEventListener('abort', abort);
    }
  }

  /** Ends the thread, whatever it is at; a call that runs in it fails. */
  terminate(): Promise<void> {
    return this.#thread.terminate();
  }

  async #liveThread(): Promise<ThreadLink> {
    if (this.#thread.end !== undefined) {
      this.#thread = new ThreadLink(this.source, this.memoryMb);
      await this.#awaitReady();
      if (this.#config !== undefined) expectDone(await this.#thread.ask({ kind: 'initialize', config: this.#config }));
    }
    return this.#thread;
  }

  async #awaitReady(): Promise<void> {
    const thread = this.#thread;
    const answer = await thread.ask();
    if (answer.kind === 'ready') {
      this.#metadata ??= new PluginMetadata(answer.metadata);
      this.#accepts = answer.accepts;
      return;
    }
    await thread.terminate();
    const { message, cause } = answer as ThreadAnswer & { kind: 'refused' };
    throw new PluginRegistrationError(message, { cause: errorOf(cause) });
  }
}

function expectDone(answer: ThreadAnswer): void {
  if (answer.kind === 'failed') throw errorOf(answer.error);
}

/** With the stack that it had in its thread. */
function errorOf({ message, stack }: CopiedError): Error {
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
