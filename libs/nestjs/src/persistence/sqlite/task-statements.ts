import type { ReportableStatus, TaskStatus } from '@joblib/contract';

import { REACHED_FROM, reachedFrom } from '../../domain/task.js';
import { reading, writing } from '../statement.js';
import type { ReportChange, TaskStatements } from '../statements.js';

// The claimer, a superuser, or (to cancel) the submitter.
const MAY_REPORT = `(? = 1 OR claimed_by_id = ? OR (? = 'cancelled' AND created_by_id = ?))`;

const REPORT: Record<ReportableStatus | 'progressed', string> = {
  running: `UPDATE joblib_task SET status = 'running', started_at = ?, result = coalesce(?, result), error = coalesce(?, error)
     WHERE id = ? AND ${isOneOf(REACHED_FROM.running)} AND ${MAY_REPORT} RETURNING *`,
  progressed: `UPDATE joblib_task SET status = 'running', started_at = coalesce(started_at, ?), result = coalesce(?, result),
       error = coalesce(?, error), progress = ?
     WHERE id = ? AND ${isOneOf(reachedFrom('running', true))} AND ${MAY_REPORT} RETURNING *`,
  completed: endedFrom(REACHED_FROM.completed),
  failed: endedFrom(REACHED_FROM.failed),
  cancelled: endedFrom(REACHED_FROM.cancelled),
};

function isOneOf(statuses: readonly TaskStatus[]): string {
  return `status IN (${statuses.map((status) => `'${status}'`).join(', ')})`;
}

function endedFrom(statuses: readonly TaskStatus[]): string {
  return `UPDATE joblib_task SET status = ?, completed_at = ?, result = coalesce(?, result), error = coalesce(?, error),
       progress = coalesce(?, progress)
     WHERE id = ? AND ${isOneOf(statuses)} AND ${MAY_REPORT} RETURNING *`;
}

export const sqliteTaskStatements: TaskStatements = {
  insert: (tasks) =>
    tasks.map((task) =>
      writing(
        `INSERT INTO joblib_task (id, job_id, job_name, room_id, created_by_id, status, payload, attempt, created_at)
         VALUES (?, ?, ?, ?, ?, 'pending', ?, 0, ?)`,
        task.id,
        task.jobId,
        task.jobName,
        task.roomId,
        task.createdById,
        task.payload,
        task.createdAt,
      ),
    ),

  findByIds: (taskIds) => taskIds.map((taskId) => reading(`SELECT * FROM joblib_task WHERE id = ?`, taskId)),

  report: (changes) => changes.map(reportStatement),

  countAhead: (tasks, limit) =>
    tasks.map(({ id, jobId }) =>
      reading(
        `SELECT ? AS id, count(*) AS ahead
         FROM (SELECT 1 FROM joblib_task WHERE job_id = ? AND status = 'pending' AND id < ? LIMIT ?)`,
        id,
        jobId,
        id,
        limit,
      ),
    ),

  failOfWorker: (workerId, error, now) =>
    writing(
      `UPDATE joblib_task SET status = 'failed', error = ?, completed_at = ? WHERE worker_id = ? AND status IN ('claimed', 'running')
       RETURNING *`,
      error,
      now,
      workerId,
    ),

  // The `+` keeps SQLite from reading every task that these jobs ever had: few are claimed or running.
  failStuckInternal: (before, error, now) =>
    writing(
      `UPDATE joblib_task SET status = 'failed', error = ?, completed_at = ?
       WHERE +job_id IN (SELECT id FROM joblib_job WHERE room_id = '@internal')
         AND worker_id IS NOT NULL AND status IN ('claimed', 'running') AND coalesce(started_at, claimed_at) < ?
       RETURNING *`,
      error,
      now,
      before,
    ),

  findSettled: (taskIds) => [
    reading(
      `SELECT wanted.value AS id FROM json_each(?) wanted LEFT JOIN joblib_task task ON task.id = wanted.value
       WHERE task.id IS NULL OR task.status IN ('completed', 'failed', 'cancelled')`,
      JSON.stringify(taskIds),
    ),
  ],
};

function reportStatement(change: ReportChange): ReturnType<TaskStatements['report']>[number] {
  const { taskId, status, now, result, error, progress } = change;
  const permission = [change.isSuperuser ? 1 : 0, change.userId, status, change.userId];
  if (status !== 'running') return writing(REPORT[status], status, now, result, error, progress, taskId, ...permission);
  if (progress === null) return writing(REPORT.running, now, result, error, taskId, ...permission);
  return writing(REPORT.progressed, now, result, error, progress, taskId, ...permission);
}
