import { PluginExecutionContext } from '../context/plugin-execution-context.js';
import { ResultKey } from '../context/result-key.js';
import { inspect } from '../loading/inspect.js';
import { instantiate, registrationFailed } from '../loading/instantiate.js';
import { isError, sentenceOf } from '../logger.js';
import type { AnyPostProcessor } from '../post-processor.js';
import type { CopiedContext, CopiedError, ThreadAnswer, ThreadCall, ThreadData } from './thread-messages.js';

/** Loads the plugin, says what it is, then answers one call after the other. */
export async function serveThread({ source, port }: ThreadData): Promise<void> {
  const answer = (message: ThreadAnswer): void => port.postMessage(message);
  try {
    const { plugin, metadata, accepts } = inspect(await instantiate(source));
    const { name, version, author, description, capabilities } = metadata;
    const calls = new ThreadCalls(plugin);
    port.on('message', (call: ThreadCall) => void calls.answer(call).then((message) => message && answer(message)));
    answer({ kind: 'ready', metadata: { name, version, author, description, capabilities: [...capabilities] }, accepts });
  } catch (error) {
    // The thread waits to be ended: one that ends by itself may do so before its answer has arrived.
    port.ref();
    const refusal = registrationFailed(source.reference, error);
    answer({ kind: 'refused', message: refusal.message, cause: copyError(refusal.cause ?? refusal) });
  }
}

class ThreadCalls {
  #running = new AbortController();

  constructor(private readonly plugin: AnyPostProcessor) {}

  /** Nothing for what is no call of its own. */
  async answer(call: ThreadCall): Promise<ThreadAnswer | null> {
    if (call.kind === 'abort') {
      this.#running.abort(new Error(call.reason));
      return null;
    }
    this.#running = new AbortController();
    try {
      if (call.kind === 'initialize') await this.plugin.initialize?.(call.config);
      else await this.plugin.process(contextOf(call.context, this.#running.signal));
      return { kind: 'done' };
    } catch (error) {
      return { kind: 'failed', error: copyError(error) };
    }
  }
}

function contextOf({ key, ...rest }: CopiedContext, signal: AbortSignal): PluginExecutionContext {
  return new PluginExecutionContext({ ...rest, key: new ResultKey(key.yyyy_mm_dd, key.tags), signal });
}

function copyError(error: unknown): CopiedError {
  return { message: sentenceOf(error), stack: isError(error) ? error.stack : undefined };
}
