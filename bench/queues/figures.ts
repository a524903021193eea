export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What one contender did, in jobs per second and milliseconds. */
export interface QueueFigures {
  readonly name: string;
  /** Added one at a time by 128 callers. */
  readonly addsPerSecond: number;
  /** Added a thousand per call. */
  readonly bulkPerSecond: number;
  readonly workedOffPerSecond: number;
  /** With nothing else to do: from the call that adds one until its code runs, and until its end is stored. */
  readonly idleRun: Percentiles;
  readonly idleDone: Percentiles;
}
