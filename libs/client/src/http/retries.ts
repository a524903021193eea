import { pause } from '../clock.js';
import type { ClientClock } from '../clock.js';
import { sentenceOf } from '../logger.js';
import type { ClientLogger } from '../logger.js';
import { isOutage, isTransient, retryAfterSeconds } from './errors.js';

export interface RetryOptions {
  readonly clock: ClientClock;
  readonly logger: ClientLogger;
  /** How often a call is made before its failure counts. */
  readonly maxAttempts: number;
  /** How long the server may be away before its absence counts. */
  readonly maxUnreachableSeconds: number;
}

/** What is called, for the log, and until when. */
export interface Retried<T> {
  readonly label: string;
  readonly call: () => Promise<T>;
  readonly signal?: AbortSignal | undefined;
}

const LONGEST_DELAY_SECONDS = 30;

/** 1, 2, 4 … 30 s and up to a second more, so that many who lost the same server do not come back at once. `attempt` counts from 0. */
export function backoffSeconds(attempt: number): number {
  return Math.min(2 ** attempt, LONGEST_DELAY_SECONDS) + Math.random();
}

/** Repeats calls that are safe to repeat, after failures that may pass. Anything else is thrown at once, and so is an aborted signal's reason. */
export class Retries {
  /** Aborted by news that make waiting pointless. */
  #news = new AbortController();

  constructor(private readonly options: RetryOptions) {}

  /** The server is back: whatever waits for it tries again now. */
  wake(): void {
    this.#news.abort();
    this.#news = new AbortController();
  }

  /** Up to `maxAttempts` times. */
  some<T>(retried: Retried<T>): Promise<T> {
    return this.#repeat(retried, (error, attempt) => isTransient(error) && attempt + 1 < this.options.maxAttempts);
  }

  /** Until the server has been away for `maxUnreachableSeconds`. */
  throughOutage<T>(retried: Retried<T>): Promise<T> {
    const { clock, maxUnreachableSeconds } = this.options;
    let firstFailureMs: number | null = null;
    return this.#repeat(retried, (error) => {
      if (!isOutage(error)) return false;
      firstFailureMs ??= clock.nowMs();
      return clock.nowMs() - firstFailureMs < maxUnreachableSeconds * 1000;
    });
  }

  async #repeat<T>({ label, call, signal }: Retried<T>, mayTryAgain: (error: unknown, attempt: number) => boolean): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await call();
      } catch (error) {
        if (!mayTryAgain(error, attempt)) throw error;
        const delaySeconds = Math.max(backoffSeconds(attempt), retryAfterSeconds(error));
        this.options.logger.warn(`${label} failed, next try in ${delaySeconds.toFixed(1)} s: ${sentenceOf(error)}`);
        await pause(this.options.clock, delaySeconds * 1000, [this.#news.signal, ...(signal === undefined ? [] : [signal])]);
        signal?.throwIfAborted();
      }
    }
  }
}
