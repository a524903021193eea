import type { Progress } from '@joblib/contract';

/** Sends progress one report at a time; what comes while one is on its way is replaced by what comes later. */
export class ProgressReports {
  #latest: { readonly progress: Progress } | null = null;
  #sending: Promise<void> | null = null;
  #isClosed = false;

  /** `send` must not reject. */
  constructor(private readonly send: (progress: Progress) => Promise<void>) {}

  /** Resolves once this, or a later one, was sent or given up. */
  report(progress: Progress): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#latest = { progress };
    this.#sending ??= this.#sendAll();
    return this.#sending;
  }

  /** Nothing is sent after this has resolved, so that no progress arrives after the end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#latest = null;
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#latest !== null) {
      const { progress } = this.#latest;
      this.#latest = null;
      await this.send(progress);
    }
    this.#sending = null;
  }
}
