import type { ReportableStatus, TaskStatus } from '@joblib/contract';

/** Text of one JSON value, kept as it was sent (numbers of any size included) and put into answers unparsed. */
export type JsonText = string;

/** A task as it is stored. Times are epoch milliseconds, UTC. */
export interface Task {
  readonly id: string;
  readonly jobId: string;
  /** "room_id:category:name" of its job; a job never changes its name. */
  readonly jobName: string;
  readonly roomId: string;
  readonly createdById: string;
  readonly status: TaskStatus;
  readonly payload: JsonText;
  readonly result: JsonText | null;
  readonly error: JsonText | null;
  readonly progress: JsonText | null;
  readonly attempt: number;
  readonly workerId: string | null;
  /** Owner of the worker that claimed it; stays when the worker is gone. */
  readonly claimedById: string | null;
  readonly createdAt: number;
  readonly claimedAt: number | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

/** From which states a report may lead to one; claiming, putting back and sweeping have their own statements. */
export const REACHED_FROM: Readonly<Record<ReportableStatus, readonly TaskStatus[]>> = {
  running: ['claimed'],
  completed: ['running'],
  failed: ['claimed', 'running'],
  cancelled: ['pending', 'claimed', 'running'],
};

/** `running` may be reported again when there is progress to tell. */
export function reachedFrom(status: ReportableStatus, hasProgress: boolean): readonly TaskStatus[] {
  return status === 'running' && hasProgress ? ['claimed', 'running'] : REACHED_FROM[status];
}
