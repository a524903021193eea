import type { TaskStatus } from '@joblib/contract';

/** Rows as the statements answer them: snake_case columns, numbers as numbers on both databases. */
export interface WorkerRow {
  readonly id: string;
  readonly user_id: string;
  readonly created_at: number;
  readonly last_heartbeat: number;
}

export interface WorkerSummaryRow {
  readonly id: string;
  readonly last_heartbeat: number;
  readonly job_count: number;
}

/** A job's id and the parts of its full name. */
export interface JobNameRow {
  readonly id: string;
  readonly room_id: string;
  readonly category: string;
  readonly name: string;
}

export interface JobRow extends JobNameRow {
  readonly schema: string;
  readonly created_at: number;
  readonly deleted_at: number | null;
}

export interface TaskRow {
  readonly id: string;
  readonly job_id: string;
  readonly job_name: string;
  readonly room_id: string;
  readonly created_by_id: string;
  readonly status: TaskStatus;
  readonly payload: string;
  readonly result: string | null;
  readonly error: string | null;
  readonly progress: string | null;
  readonly attempt: number;
  readonly worker_id: string | null;
  readonly claimed_by_id: string | null;
  readonly created_at: number;
  readonly claimed_at: number | null;
  readonly started_at: number | null;
  readonly completed_at: number | null;
}

export interface SubmissionKeyRow {
  readonly fingerprint: string;
  readonly task_ids: string;
}

export interface IdRow {
  readonly id: string;
}

export interface CountRow {
  readonly total: number;
}

export interface ProviderRow {
  readonly id: string;
  readonly room_id: string;
  readonly category: string;
  readonly name: string;
  readonly schema: string;
  readonly content_type: string;
  readonly user_id: string;
  readonly worker_id: string | null;
  readonly registration_id: string;
  readonly created_at: number;
}

/** A worker and a job that it serves. */
export interface LinkRow {
  readonly worker_id: string;
  readonly job_id: string;
}

/** A live job of a worker. */
export interface ClaimableRow extends LinkRow {
  readonly room_id: string;
}

/** How a claim in one statement went. */
export interface ClaimSummaryRow {
  /** 0 when the user has no such worker. */
  readonly worker_count: number;
  /** Ids of the live jobs that the worker serves, with commas between; `null` when there are none. */
  readonly served_jobs: string | null;
  /** How many pending tasks it saw and tried to take. */
  readonly seen_count: number;
  readonly id: null;
}

/** What a claim does not know beforehand of a task that it takes. */
export type TakenRow = Omit<TaskRow, 'status' | 'worker_id' | 'claimed_by_id' | 'claimed_at' | 'started_at' | 'completed_at'>;

/** A pending task of a job. */
export interface PendingRow {
  readonly job_id: string;
  readonly id: string;
}

/** How many pending tasks of its job are ahead of a task, counted no further than asked. */
export interface AheadRow {
  readonly id: string;
  readonly ahead: number;
}
