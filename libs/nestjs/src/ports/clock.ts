/** The only source of time; nobody else calls `Date.now()`. Override to test, or to share a host's clock. */
export interface Clock {
  /** Epoch milliseconds, UTC. */
  now(): number;
}

export const CLOCK = Symbol.for('joblib/Clock');

/** Default: the system clock. */
export const systemClock: Clock = { now: () => Date.now() };
