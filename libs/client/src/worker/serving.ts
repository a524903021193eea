import { onAbort } from '../abort.js';
import { endsWithin } from '../clock.js';
import type { ClientClock } from '../clock.js';
import type { ActiveTasks } from './active-tasks.js';
import type { ClaimLoop } from './claim-loop.js';
import type { TaskRunner } from './task-runner.js';

export interface ServingOptions {
  readonly clock: ClientClock;
  readonly loop: ClaimLoop;
  readonly runner: TaskRunner;
  readonly active: ActiveTasks;
  readonly concurrency: number;
  /** How long running tasks may go on after the end was asked for. */
  readonly drainSeconds: number;
  /** Whether what is running can still be reported. */
  readonly isWorthFinishing: () => boolean;
}

/** Claims and runs tasks, so many at a time. */
export class Serving {
  constructor(private readonly options: ServingOptions) {}

  /** Until `signal` aborts; then finishes what is running, or gives it up after `drainSeconds`. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { loop, runner, concurrency } = this.options;
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      const free = concurrency - running.size;
      if (free === 0) {
        await firstOf(running, signal);
        continue;
      }
      for (const task of await loop.next(free, signal)) {
        const run = runner.run(task).finally(() => running.delete(run));
        running.add(run);
      }
    }
    await this.#drain(running, signal.reason);
  }

  async #drain(running: ReadonlySet<Promise<void>>, reason: unknown): Promise<void> {
    const { clock, active, drainSeconds, isWorthFinishing } = this.options;
    if (!isWorthFinishing()) active.loseAll(reason);
    if (!(await endsWithin(clock, drainSeconds * 1000, running))) active.loseAll(reason);
  }
}

/** Resolves when one of the runs ends, or the signal aborts. */
function firstOf(running: ReadonlySet<Promise<void>>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const release = onAbort(signal, resolve);
    for (const run of running) {
      void run.then(() => {
        release();
        resolve();
      });
    }
  });
}
