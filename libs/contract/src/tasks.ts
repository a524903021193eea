import type { TaskStatus } from './task-status.js';

/** Positions beyond this one are all reported as `MAX_EXACT_QUEUE_POSITION + 1`. */
export const MAX_EXACT_QUEUE_POSITION = 1000;

/** How far a running task is: a number from 0 to 1, or steps done of all. */
export type Progress = number | { readonly current: number; readonly total: number; readonly message?: string };

/** A task as every answer shows it. Times are ISO 8601, UTC; `job_name` is `room_id:category:name`. */
export interface TaskView {
  readonly id: string;
  readonly job_name: string;
  readonly room_id: string;
  readonly status: TaskStatus;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly worker_id: string | null;
  readonly error: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  /** 1-based among the pending tasks of its job; `null` when it is not pending. */
  readonly queue_position: number | null;
  readonly result: unknown;
  readonly progress: Progress | null;
  readonly created_by_id: string | null;
  /** 0 until the first claim makes it 1. */
  readonly attempt: number;
}

export interface ClaimAnswer {
  readonly task: TaskView | null;
  /** Only when the claim said `max_tasks`. */
  readonly tasks?: readonly TaskView[];
}
