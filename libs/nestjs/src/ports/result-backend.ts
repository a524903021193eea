/**
 * Keeps the answers of providers for a while, and knows which reads are on their way. Bytes in, bytes out: content type, error flag and
 * entity tag travel inside the bytes. Shared by all servers of one database, or in one process when there is one server.
 * Any method may reject when the backend is away: reads then answer 503 `result-backend-unavailable`.
 */
export interface ResultBackend {
  /** Keeps `data` for `ttlSeconds`, in place of what was there. It wakes nobody: see `notifyKey`. */
  store(key: string, data: Uint8Array, ttlSeconds: number): Promise<void>;
  /** What is kept, or `null`. */
  get(key: string): Promise<Uint8Array | null>;
  delete(key: string): Promise<void>;
  /** @returns whether the caller is the one who has to ask the provider; until it releases, or `ttlSeconds` passed, nobody else is. */
  acquireInflight(key: string, ttlSeconds: number): Promise<boolean>;
  /** Ends what `acquireInflight` began. Another holder's lock is left alone by a backend that can tell them apart. */
  releaseInflight(key: string): Promise<void>;
  /** What is kept under the key, as soon as there is something; `null` when `timeoutSeconds` passed. Nothing that was stored before the call, or during it, is missed. */
  waitForKey(key: string, timeoutSeconds: number): Promise<Uint8Array | null>;
  /** Wakes those who wait for the key, on every server. */
  notifyKey(key: string): Promise<void>;
}

export const RESULT_BACKEND = Symbol.for('joblib/ResultBackend');
