import { LRUCache } from 'lru-cache';

import { systemClock } from '../ports/index.js';
import type { Clock, ResultBackend } from '../ports/index.js';

/** How much is kept at most. */
export interface InMemoryLimits {
  /** Sum of the sizes of all answers; the one unread for longest makes room. A larger answer is not kept at all. */
  readonly maxBytes: number;
  /** Reads on their way. */
  readonly maxInflight: number;
}

const LIMITS: InMemoryLimits = { maxBytes: 256 * 1024 * 1024, maxInflight: 100_000 };

/** Node's timers wait no longer than this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Answers of providers in this process: for one server. What is stored is not copied. */
export class InMemoryResultBackend implements ResultBackend {
  readonly #results: LRUCache<string, Uint8Array>;
  readonly #inflight: LRUCache<string, true>;
  readonly #waiters = new Map<string, Set<() => void>>();

  constructor(clock: Clock = systemClock, limits: Partial<InMemoryLimits> = {}) {
    const { maxBytes, maxInflight } = { ...LIMITS, ...limits };
    const perf = { now: () => clock.now() };
    this.#results = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (data, key) => data.byteLength + key.length,
      ttlResolution: 0,
      perf,
    });
    this.#inflight = new LRUCache({ max: maxInflight, ttlResolution: 0, perf });
  }

  store(key: string, data: Uint8Array, ttlSeconds: number): Promise<void> {
    this.#results.set(key, data, { ttl: milliseconds(ttlSeconds) });
    return Promise.resolve();
  }

  get(key: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.#results.get(key) ?? null);
  }

  delete(key: string): Promise<void> {
    this.#results.delete(key);
    return Promise.resolve();
  }

  acquireInflight(key: string, ttlSeconds: number): Promise<boolean> {
    if (this.#inflight.get(key) === true) return Promise.resolve(false);
    this.#inflight.set(key, true, { ttl: milliseconds(ttlSeconds) });
    return Promise.resolve(true);
  }

  releaseInflight(key: string): Promise<void> {
    this.#inflight.delete(key);
    return Promise.resolve();
  }

  waitForKey(key: string, timeoutSeconds: number): Promise<Uint8Array | null> {
    return new Promise((resolve) => {
      const end = (data: Uint8Array | null): void => {
        clearTimeout(timer);
        waiters.delete(look);
        if (waiters.size === 0) this.#waiters.delete(key);
        resolve(data);
      };
      const look = (): void => {
        const data = this.#results.get(key);
        if (data !== undefined) end(data);
      };
      const waiters = (this.#waiters.get(key) ?? new Set()).add(look);
      this.#waiters.set(key, waiters);
      const timer = setTimeout(() => end(null), Math.min(timeoutSeconds * 1000, MAX_TIMER_MS)).unref();
      look();
    });
  }

  notifyKey(key: string): Promise<void> {
    for (const look of [...(this.#waiters.get(key) ?? [])]) look();
    return Promise.resolve();
  }
}

/** Whole and above 0, as the cache wants them. */
function milliseconds(seconds: number): number {
  return Math.max(1, Math.ceil(seconds * 1000));
}
