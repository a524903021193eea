import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import type { PluginSource } from '../loading/plugin-source.js';
import { sentenceOf } from '../logger.js';
import { PluginThreadError } from '../plugin-run-errors.js';
import type { ThreadAnswer, ThreadCall } from './thread-messages.js';

/** A thread needs a built file: seen from source, that is the one built from the twin of this folder. */
const THREAD_FILE = new URL('./plugin-thread.js', import.meta.url.replace(/\/src\/isolation\/[^/]+\.ts$/, '/dist/isolation/'));

interface WaitingAnswer {
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** One thread. Its messages travel on a channel of their own, so that nothing a plugin posts is taken for an answer. */
export class ThreadLink {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  #waiting: WaitingAnswer | undefined;
  #end: Error | undefined;

  /** Starts at once; its first answer is `ready` or `refused`. It keeps the process alive only while an answer is awaited. */
  constructor(source: PluginSource, memoryMb: number) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(THREAD_FILE, {
      name: source.reference,
      workerData: { source, port: port2 },
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    this.#port.on('message', (answer: ThreadAnswer) => this.#waiting?.resolve(answer));
    this.#worker.on('error', (error: NodeJS.ErrnoException) => this.#ended(whyItCrashed(error, memoryMb)));
    this.#worker.on('exit', (code) => this.#ended(new PluginThreadError(`Its thread ended (exit code ${code}).`)));
    this.#unref();
  }

  /** Why it can no longer be called; `undefined` while it can. */
  get end(): Error | undefined {
    return this.#end;
  }

  /** The next answer, to `call` or to the start. @throws PluginThreadError when the thread ends first; DataCloneError. */
  ask(call?: ThreadCall): Promise<ThreadAnswer> {
    return new Promise<ThreadAnswer>((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      this.#waiting = { resolve, reject };
      this.#port.ref();
      this.#worker.ref();
      if (call !== undefined) this.#port.postMessage(call);
    }).finally(() => this.#unref());
  }

  /** Tells the running call that nobody wants it any more. */
  abort(reason: unknown): void {
    this.#port.postMessage({ kind: 'abort', reason: sentenceOf(reason) } satisfies ThreadCall);
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #unref(): void {
    this.#waiting = undefined;
    this.#port.unref();
    this.#worker.unref();
  }

  /** An error comes before the exit and knows more: the first one counts. */
  #ended(end: Error): void {
    this.#end ??= end;
    this.#waiting?.reject(this.#end);
    this.#port.close();
  }
}

function whyItCrashed(error: NodeJS.ErrnoException, memoryMb: number): PluginThreadError {
  const why = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `took more than ${memoryMb} MB of memory` : `crashed: ${sentenceOf(error)}`;
  return new PluginThreadError(`Its thread ${why}.`, { cause: error });
}
