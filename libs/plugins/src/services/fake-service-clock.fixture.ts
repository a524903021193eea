import type { ServiceClock } from './service-clock.js';

interface Timer {
  readonly atMs: number;
  readonly onElapsed: () => void;
}

/** A clock that stands still until it is told to move. */
export class FakeServiceClock implements ServiceClock {
  readonly #timers = new Set<Timer>();
  #nowMs = 1_700_000_000_000;

  get timerCount(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  startTimer(delayMs: number, onElapsed: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), onElapsed };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Each timer on the way fires at its own time, and what it sets off is done before the next one. */
  async advance(seconds: number): Promise<void> {
    const endMs = this.#nowMs + seconds * 1000;
    await quiet();
    for (let timer = this.#next(endMs); timer !== null; timer = this.#next(endMs)) {
      this.#timers.delete(timer);
      this.#nowMs = timer.atMs;
      timer.onElapsed();
      await quiet();
    }
    this.#nowMs = endMs;
  }

  #next(endMs: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) if (timer.atMs <= endMs && (next === null || timer.atMs < next.atMs)) next = timer;
    return next;
  }
}

/** Everything that can happen without time passing has happened. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
