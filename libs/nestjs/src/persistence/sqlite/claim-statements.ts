import { reading, writing } from '../statement.js';
import type { ClaimStatements } from '../statements.js';
import { IS_ACTIVE, IS_PENDING } from '../task-phases.js';
import { LIMIT } from './limit.js';
import { PENDING_TASKS } from './pending-tasks.js';
import { changingTask } from './row-change.js';
import { counted, movedFrom } from './task-counts.js';

const FROM_PENDING = movedFrom('pending');
const FROM_CLAIMED = movedFrom('claimed');

const PUT_BACK = `status = 'pending', worker_id = NULL, claimed_by_id = NULL, claimed_at = NULL, started_at = NULL`;

const TAKE = `UPDATE joblib_task SET status = 'claimed', worker_id = ?, claimed_by_id = ?, claimed_at = ?, attempt = attempt + 1
  WHERE id = ? AND status = 'pending'`;

const TAKE_AND_START = `UPDATE joblib_task SET status = 'running', worker_id = ?, claimed_by_id = ?, claimed_at = ?, started_at = ?,
  attempt = attempt + 1 WHERE id = ? AND status = 'pending'`;

export const sqliteClaimStatements: ClaimStatements = {
  claimableJobs: (workerIds) =>
    workerIds.map((workerId) =>
      reading(
        `SELECT link.worker_id, link.job_id, job.room_id FROM joblib_worker_job link JOIN joblib_job job ON job.id = link.job_id
         WHERE link.worker_id = ? AND job.deleted_at IS NULL`,
        workerId,
      ),
    ),

  // The heads come from the partial index: the cost does not grow with the backlog.
  oldestPending: (jobs) =>
    jobs.map(({ jobId, limit }) =>
      reading(`SELECT job_id, id FROM ${PENDING_TASKS} WHERE job_id = ? AND ${IS_PENDING} ORDER BY created_at, id ${LIMIT}`, jobId, limit),
    ),

  oldestPendingOf: null,

  take: (takings) =>
    takings.map(({ taskId, workerId, userId, now, starts }) =>
      counted(FROM_PENDING, changingTask(taskId, starts ? TAKE_AND_START : TAKE, workerId, userId, now, ...(starts ? [now] : []), taskId)),
    ),

  takeAtOnce: null,

  undo: (claims) =>
    claims.map(({ taskId, workerId, attempt, status }) =>
      counted(
        movedFrom(status),
        changingTask(
          taskId,
          `UPDATE joblib_task SET ${PUT_BACK}, attempt = attempt - 1
           WHERE id = ? AND status = ? AND worker_id = ? AND attempt = ? AND progress IS NULL`,
          taskId,
          status,
          workerId,
          attempt,
        ),
      ),
    ),

  putBackUnstarted: (before) =>
    counted(
      FROM_CLAIMED,
      writing(
        `UPDATE joblib_task SET ${PUT_BACK} WHERE worker_id IS NOT NULL AND ${IS_ACTIVE} AND status = 'claimed' AND claimed_at < ? RETURNING *`,
        before,
      ),
    ),

  withPending: (jobIds) =>
    jobIds.map((jobId) => reading(`SELECT job_id FROM ${PENDING_TASKS} WHERE job_id = ? AND ${IS_PENDING} LIMIT 1`, jobId)),
};
