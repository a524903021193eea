import type { Progress, ProblemError, ReportableStatus, TaskStatus } from '@joblib/contract';

/**
 * JSON as text, for values that JavaScript cannot hold: `new ExactJson('{"atoms": 12345678901234567890}')`. Accepted where `JoblibTasks`
 * takes a payload or a result; what comes back has the same text in `json`.
 */
export class ExactJson {
  constructor(readonly text: string) {}
}

/** A task as it was when it was looked at. Nothing of it changes afterwards; ask again for what became of it. */
export interface TaskSnapshot {
  readonly id: string;
  /** "room_id:category:name" */
  readonly jobName: string;
  /** The room it was submitted in. */
  readonly roomId: string;
  readonly status: TaskStatus;
  readonly createdById: string;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly workerId: string | null;
  /** 0 until the first claim makes it 1. */
  readonly attempt: number;
  /** 1-based among the pending tasks of its job, exact up to 1000, 1001 beyond; `null` when it is not pending. */
  readonly queuePosition: number | null;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly result: unknown;
  readonly error: string | null;
  readonly progress: Progress | null;
  /** The same as JSON text, in which numbers have every digit that was sent. */
  readonly json: { readonly payload: string; readonly result: string | null; readonly progress: string | null };
}

/** A task that was submitted just now, or earlier under the same idempotency key. */
export interface SubmittedTask extends TaskSnapshot {
  /** Whether it was submitted before: then it is as it is now, and no second one was made. */
  readonly isReplay: boolean;
}

/** Where tasks are submitted, and for which job. */
export interface SubmissionTarget {
  readonly roomId: string;
  /** "room_id:category:name" */
  readonly jobName: string;
  /** 1–255 printable ASCII characters: under the same key the same caller submits to the same room and job once within 24 hours. */
  readonly idempotencyKey?: string | undefined;
}

/** One task to be done. */
export interface TaskSubmission extends SubmissionTarget {
  /** `{}` without it. */
  readonly payload?: Readonly<Record<string, unknown>> | ExactJson | undefined;
}

/** Up to 1000 tasks to be done, submitted all or none. */
export interface BatchSubmission extends SubmissionTarget {
  readonly payloads: readonly (Readonly<Record<string, unknown>> | ExactJson)[];
}

/** Asks for tasks on behalf of one worker, or of any of the caller's. */
export interface TaskClaim {
  /** A worker of the caller; absent, or the caller's own id, for any of them. */
  readonly workerId?: string | undefined;
  /** 1–100; 1 without it. */
  readonly maxTasks?: number | undefined;
  /** What is claimed runs at once, without a report that says so: for workers that begin with all they get. */
  readonly start?: boolean | undefined;
}

/** How long a claim may wait for a first task. */
export interface ClaimWait {
  /** 0 without it; no longer than the setting `longPollMaxWaitSeconds`. */
  readonly waitSeconds?: number | undefined;
  /** Ends the claim; what it took just then is put back. */
  readonly signal?: AbortSignal | undefined;
}

/** What a worker, or whoever cancels, says of a task. What is left out stays as it is. */
export interface TaskReport {
  readonly taskId: string;
  readonly status: ReportableStatus;
  /** Anything that JSON can say. */
  readonly result?: unknown;
  readonly error?: string | null | undefined;
  readonly progress?: Progress | null | undefined;
}

/** How long to wait for the end of a task. */
export interface TaskWait {
  /** Until it ends without it. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of one of many reports. */
export type ReportOutcome =
  | { readonly task: TaskSnapshot; readonly problem: null }
  | { readonly task: null; readonly problem: ProblemError };

/** What became of one of many claims; without a problem, no tasks means that nothing was pending. */
export interface ClaimOutcome {
  /** Oldest first. */
  readonly tasks: readonly TaskSnapshot[];
  readonly problem: ProblemError | null;
}
