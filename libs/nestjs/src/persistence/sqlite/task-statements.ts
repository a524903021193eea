import { reading, writing } from '../statement.js';
import type { TaskStatements } from '../statements.js';
import { IS_ACTIVE, IS_PENDING } from '../task-phases.js';
import { LIMIT } from './limit.js';
import { PENDING_TASKS } from './pending-tasks.js';
import { reportStatements } from './report-statements.js';
import { counted, inserted, movedFrom, statusBeforeEnd } from './task-counts.js';

const ENDED = movedFrom(statusBeforeEnd);

export const sqliteTaskStatements: TaskStatements = {
  insert: (tasks) =>
    tasks.map((task) =>
      counted(
        inserted(task.roomId, task.jobId),
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
    ),

  insertForLive: null,

  findByIds: (taskIds) => taskIds.map((taskId) => reading(`SELECT * FROM joblib_task WHERE id = ?`, taskId)),

  report: (changes) => changes.flatMap(reportStatements),

  countAhead: (tasks, limit) =>
    tasks.map(({ id, jobId, createdAt }) =>
      reading(
        `SELECT ? AS id, count(*) AS ahead
         FROM (SELECT 1 FROM ${PENDING_TASKS} WHERE job_id = ? AND ${IS_PENDING} AND (created_at, id) < (?, ?) ${LIMIT})`,
        id,
        jobId,
        createdAt,
        id,
        limit,
      ),
    ),

  failOfWorker: (workerId, error, now) =>
    counted(
      ENDED,
      writing(
        `UPDATE joblib_task SET status = 'failed', error = ?, completed_at = ? WHERE worker_id = ? AND ${IS_ACTIVE}
         RETURNING *`,
        error,
        now,
        workerId,
      ),
    ),

  // The `+` keeps SQLite from reading every task that these jobs ever had: few are claimed or running.
  failStuckInternal: (before, error, now) =>
    counted(
      ENDED,
      writing(
        `UPDATE joblib_task SET status = 'failed', error = ?, completed_at = ?
         WHERE +job_id IN (SELECT id FROM joblib_job WHERE room_id = '@internal')
           AND worker_id IS NOT NULL AND ${IS_ACTIVE} AND coalesce(started_at, claimed_at) < ?
         RETURNING *`,
        error,
        now,
        before,
      ),
    ),

  findSettled: (taskIds) => [
    reading(
      `SELECT wanted.value AS id FROM json_each(?) wanted LEFT JOIN joblib_task task ON task.id = wanted.value
       WHERE task.id IS NULL OR task.status IN ('completed', 'failed', 'cancelled')`,
      JSON.stringify(taskIds),
    ),
  ],
};
