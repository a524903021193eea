import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Check, CheckReport } from './checks.js';

/** A thread needs a built file: seen from source, that is the one built from the twin of this file. */
const THREAD_FILE = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/json-schema/checking-thread.js' : './checking-thread.js',
  import.meta.url,
);

/** Enough for schemas and payloads of 500 levels, and some. */
const STACK_SIZE_MB = 16;

/** `too-deep`: nested too deeply to be given to a thread. */
export type CheckOutcome = CheckReport | 'too-slow' | 'too-deep';

/** What one check may take before its thread is ended. */
export interface RunnerLimits {
  readonly checkMs: number;
  readonly threadMemoryMb: number;
}

/** One thread and the checks run in it, one at a time. It starts at the first check, and again after it had to be ended. */
export class CheckRunner {
  private worker: Promise<Worker> | undefined;
  private ending: Promise<unknown> = Promise.resolve();

  constructor(private readonly limits: RunnerLimits) {}

  /**
   * Resolves to `too-slow` when the check took longer than the limit, or more memory than a thread has: the thread is ended then.
   * @throws Error when a thread cannot be started.
   */
  async run(check: Check): Promise<CheckOutcome> {
    await this.ending;
    this.worker ??= startThread(this.limits);
    const worker = await this.worker.catch((error: unknown) => {
      this.worker = undefined;
      throw error;
    });
    worker.ref();
    const report = await this.report(worker, check);
    if (report === 'too-slow') this.end(worker);
    else worker.unref();
    return report;
  }

  async close(): Promise<void> {
    const worker = await this.worker?.catch(() => undefined);
    if (worker !== undefined) this.end(worker);
    await this.ending;
  }

  private end(worker: Worker): void {
    this.worker = undefined;
    this.ending = worker.terminate();
  }

  private report(worker: Worker, check: Check): Promise<CheckOutcome> {
    return new Promise((resolve, reject) => {
      const settled = (): void => {
        clearTimeout(timer);
        for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
        worker.on('error', () => undefined); // of a thread that is being ended
      };
      const settle = (outcome: CheckOutcome): void => {
        settled();
        resolve(outcome);
      };
      worker.once('message', settle);
      worker.once('exit', () => settle('too-slow'));
      worker.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return settle('too-slow');
        settled();
        this.end(worker);
        reject(error);
      });
      // When this process itself was held up, the answer may be here already: messages are read before `setImmediate`.
      const timer = setTimeout(() => setImmediate(settle, 'too-slow'), this.limits.checkMs);
      try {
        worker.postMessage(check);
      } catch {
        settle('too-deep'); // copying JSON fails for no other reason
      }
    });
  }
}

/** Resolves when the thread has loaded its code, so that loading does not count as checking. Idle threads keep no process alive. */
async function startThread({ threadMemoryMb }: RunnerLimits): Promise<Worker> {
  const worker = new Worker(THREAD_FILE, {
    name: 'json-schema',
    resourceLimits: { maxOldGenerationSizeMb: threadMemoryMb, stackSizeMb: STACK_SIZE_MB },
  });
  await once(worker, 'message');
  worker.unref();
  return worker;
}
