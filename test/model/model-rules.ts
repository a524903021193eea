import type { Progress, TaskStatus } from '@joblib/contract';

export const WORKER_TIMEOUT_SECONDS = 60;
export const CLAIM_START_TIMEOUT_SECONDS = 30;
export const TASK_RETENTION_SECONDS = 600;
export const KEY_TTL_MS = 24 * 60 * 60 * 1000;

/** What whoever may report can make of a task. */
export const FROM: Readonly<Record<string, readonly TaskStatus[]>> = {
  running: ['claimed'],
  completed: ['running'],
  failed: ['claimed', 'running'],
  cancelled: ['pending', 'claimed', 'running'],
};

/** What somebody says of a task. */
export interface Said {
  readonly status: TaskStatus;
  readonly result?: unknown;
  readonly error?: string;
  readonly progress?: Progress;
}

/** What a sweep is expected to count. */
export interface Swept {
  readonly workers: number;
  readonly putBackTasks: number;
  readonly orphanJobs: number;
  readonly expiredKeys: number;
  readonly expiredTasks: number;
}

/** A refusal, by the last segment of its `type`. */
export function problem(status: number, id: string): { status: number; problem: string } {
  return { status, problem: id };
}

/** @returns how many were due. */
export function removeWhere<Value>(map: Map<string, Value>, isDue: (value: Value) => boolean): number {
  const due = [...map].filter(([, value]) => isDue(value));
  for (const [key] of due) map.delete(key);
  return due.length;
}
