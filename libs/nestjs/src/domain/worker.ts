/** A worker as it is stored. Times are epoch milliseconds, UTC. */
export interface Worker {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: number;
  /** What the sweeper judges by. */
  readonly lastHeartbeat: number;
}
