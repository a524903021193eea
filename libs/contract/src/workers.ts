/** Answer of `POST /workers` and of a heartbeat. Times are ISO 8601, UTC. */
export interface WorkerView {
  readonly id: string;
  readonly last_heartbeat: string;
}

/** An item of the worker lists. */
export interface WorkerSummary extends WorkerView {
  readonly job_count: number;
}
