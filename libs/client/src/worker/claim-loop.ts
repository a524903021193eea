import { pause } from '../clock.js';
import type { ClientClock } from '../clock.js';
import { retryAfterSeconds } from '../http/errors.js';
import { backoffSeconds } from '../http/retries.js';
import type { ClaimedTask } from './claimed-task.js';
import type { Claims } from './claims.js';
import type { ServerContact } from './server-contact.js';

export interface ClaimLoopOptions {
  readonly clock: ClientClock;
  readonly claims: Claims;
  readonly contact: ServerContact;
  readonly pollingSeconds: number;
  readonly workerId: () => string;
}

/** How long the server is asked to hold a claim; below the usual time-outs of proxies. */
const HOLD_SECONDS = 30;
/** An empty answer that came sooner was not held: the next claim has to wait, or it would be a busy loop. */
const HELD_MS = 1000;
/** A worker should be back soon after its server is. */
const LONGEST_BACKOFF_SECONDS = 10;

/** Waits for tasks: with held claims where the server holds them, otherwise by asking again, and through outages. */
export class ClaimLoop {
  #failures = 0;

  /** Aborted by news that make waiting pointless. */
  #news = new AbortController();

  constructor(private readonly options: ClaimLoopOptions) {}

  /** There may be a task, or the server is back: stop pausing. */
  wake(): void {
    this.#news.abort();
  }

  /** At least one task and at most `maxTasks`; none once `signal` has aborted. Never rejects. */
  async next(maxTasks: number, signal: AbortSignal): Promise<readonly ClaimedTask[]> {
    while (!signal.aborted) {
      this.#news = new AbortController();
      const news = this.#news.signal;
      const pauseSeconds = await this.#look(maxTasks, signal);
      if (typeof pauseSeconds !== 'number') return pauseSeconds;
      await pause(this.options.clock, pauseSeconds * 1000, [signal, news]);
    }
    return [];
  }

  /** Tasks, or how long to wait before the next look. */
  async #look(maxTasks: number, signal: AbortSignal): Promise<readonly ClaimedTask[] | number> {
    const { clock, claims, contact, workerId, pollingSeconds } = this.options;
    const startedMs = clock.nowMs();
    try {
      const { tasks, unfit } = await claims.claim(workerId(), maxTasks, { waitSeconds: HOLD_SECONDS, signal });
      contact.succeeded();
      this.#failures = 0;
      if (tasks.length > 0) return tasks;
      return unfit > 0 || clock.nowMs() - startedMs >= HELD_MS ? 0 : pollingSeconds;
    } catch (error) {
      if (signal.aborted) return [];
      contact.failed('A claim', error);
      this.#failures += 1;
      return Math.max(Math.min(backoffSeconds(this.#failures - 1), LONGEST_BACKOFF_SECONDS), retryAfterSeconds(error));
    }
  }
}
