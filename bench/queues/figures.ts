/** What one contender did, in jobs per second and milliseconds. */
export interface QueueFigures {
  readonly name: string;
  /** Added one at a time by 128 callers. */
  readonly addsPerSecond: number;
  /** Added a thousand per call. */
  readonly bulkPerSecond: number;
  readonly workedOffPerSecond: number;
  /** From the call that adds one to its end, with nothing else to do. */
  readonly idleP50Ms: number;
  readonly idleP99Ms: number;
}
