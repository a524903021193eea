import { Inject, Injectable, Logger } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';

import { openResult } from '../domain/result-envelope.js';
import type { StoredResult } from '../domain/result-envelope.js';
import { RESULT_BACKEND } from '../ports/index.js';
import type { ResultBackend } from '../ports/index.js';
import { inflightKey } from './provider-read.js';

const RETRY_AFTER_SECONDS = '2';

/**
 * The result backend in terms of results. Every method throws ProblemError `ResultBackendUnavailable` when the backend rejects; the log
 * has one line when that begins and one when it ends.
 */
@Injectable()
export class ResultCache {
  readonly #logger = new Logger('ResultCache');
  #isAway = false;

  constructor(@Inject(RESULT_BACKEND) private readonly backend: ResultBackend) {}

  async get(key: string): Promise<StoredResult | null> {
    return this.#open(key, await this.#reach(() => this.backend.get(key)));
  }

  /** Keeps a sealed result and wakes who waits for it. */
  async store(key: string, envelope: Uint8Array, ttlSeconds: number): Promise<void> {
    await this.#reach(() => this.backend.store(key, envelope, ttlSeconds));
    await this.release(key);
    await this.#reach(() => this.backend.notifyKey(key));
  }

  drop(key: string): Promise<void> {
    return this.#reach(() => this.backend.delete(key));
  }

  /** `null` when nothing came in time. */
  async waitFor(key: string, timeoutSeconds: number): Promise<StoredResult | null> {
    return this.#open(key, await this.#reach(() => this.backend.waitForKey(key, timeoutSeconds)));
  }

  /** @returns whether the caller is the one who has to see to the result. */
  acquire(key: string, ttlSeconds: number): Promise<boolean> {
    return this.#reach(() => this.backend.acquireInflight(inflightKey(key), ttlSeconds));
  }

  release(key: string): Promise<void> {
    return this.#reach(() => this.backend.releaseInflight(inflightKey(key)));
  }

  /** What somebody else left under our key is as good as nothing. */
  async #open(key: string, envelope: Uint8Array | null): Promise<StoredResult | null> {
    if (envelope === null) return null;
    const result = openResult(envelope);
    if (result === null) await this.drop(key);
    return result;
  }

  async #reach<T>(call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      if (this.#isAway) this.#logger.log('The result backend can be used again.');
      this.#isAway = false;
      return answer;
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      const detail = `The result backend cannot be used now: ${reasonOf(error)}.`;
      if (!this.#isAway) this.#logger.error(detail);
      this.#isAway = true;
      throw new ProblemError('ResultBackendUnavailable', detail, { cause: error, headers: { 'Retry-After': RETRY_AFTER_SECONDS } });
    }
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
