/** Hints that something waited for may have happened. A lost one costs time, never correctness: every waiter also looks by itself. */
export interface WakeUps {
  notify(topic: string): void;
  /** Returns the function that ends the subscription. */
  subscribe(topic: string, listener: () => void): () => void;
}

export const WAKE_UPS = Symbol.for('joblib/WakeUps');

/** Default: within this process. */
export class LocalWakeUps implements WakeUps {
  readonly #listeners = new Map<string, Set<() => void>>();

  notify(topic: string): void {
    const listeners = this.#listeners.get(topic);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) listener();
  }

  subscribe(topic: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(topic);
    };
  }
}
