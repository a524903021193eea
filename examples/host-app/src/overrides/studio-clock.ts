import type { Clock } from '@joblib/nestjs';

/** `CLOCK`: the system's, set forward by whoever rehearses what happens later. */
export class StudioClock implements Clock {
  #aheadMs = 0;

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  advance(seconds: number): void {
    this.#aheadMs += seconds * 1000;
  }
}
