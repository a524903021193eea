import type { JsonSchema, Progress, TaskStatus, TaskView } from '@joblib/contract';

/** What the model remembers of a worker. Times are epoch milliseconds. */
export interface ModelWorker {
  readonly id: string;
  readonly userId: string;
  heartbeatMs: number;
}

export interface ModelJob {
  readonly id: string;
  readonly room: string;
  readonly category: string;
  readonly name: string;
  readonly fullName: string;
  schema: JsonSchema;
  isDeleted: boolean;
  readonly workerIds: Set<string>;
}

export interface ModelTask {
  readonly id: string;
  readonly job: ModelJob;
  readonly room: string;
  readonly submitter: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly createdMs: number;
  status: TaskStatus;
  attempt: number;
  workerId: string | null;
  claimer: string | null;
  claimedMs: number | null;
  startedMs: number | null;
  completedMs: number | null;
  result: unknown;
  error: string | null;
  progress: Progress | null;
}

export interface ModelKey {
  readonly fingerprint: string;
  readonly taskIds: readonly string[];
  readonly createdMs: number;
}

/** An answer as the contract promises it. */
export type Expected = { readonly status: number; readonly body: unknown } | { readonly status: number; readonly problem: string };

/** What the server is expected to tell rooms: task events in order for each task, and which rooms read their job list again. */
export interface ExpectedEvents {
  readonly tasks: { readonly id: string; readonly name: string; readonly room: string; readonly payload: unknown }[];
  readonly invalidated: Set<string>;
}

export function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function isoOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : iso(epochMs);
}

export function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  return left.id < right.id ? -1 : 1;
}

export function taskView(task: ModelTask, queuePosition: number | null): TaskView {
  return {
    id: task.id,
    job_name: task.job.fullName,
    room_id: task.room,
    status: task.status,
    created_at: iso(task.createdMs),
    started_at: isoOrNull(task.startedMs),
    completed_at: isoOrNull(task.completedMs),
    worker_id: task.workerId,
    error: task.error,
    payload: task.payload,
    queue_position: queuePosition,
    result: task.result,
    progress: task.progress,
    created_by_id: task.submitter,
    attempt: task.attempt,
  };
}

export function taskEventPayload(task: ModelTask, queuePosition: number | null): unknown {
  return {
    id: task.id,
    name: task.job.fullName,
    room_id: task.room,
    status: task.status,
    created_at: iso(task.createdMs),
    started_at: isoOrNull(task.startedMs),
    completed_at: isoOrNull(task.completedMs),
    queue_position: queuePosition,
    worker_id: task.workerId,
    error: task.error,
    progress: task.progress,
    result: task.result,
  };
}
