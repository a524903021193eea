import type { Clock } from '../ports/index.js';

/** A clock that stands still until it is told to move. */
export class FakeClock implements Clock {
  #nowMs: number;

  /** @param startMs epoch milliseconds. */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  advance(seconds: number): void {
    this.#nowMs += seconds * 1000;
  }
}
