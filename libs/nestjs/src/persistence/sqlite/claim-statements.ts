import { reading, writing } from '../statement.js';
import type { ClaimStatements } from '../statements.js';

const PUT_BACK = `status = 'pending', worker_id = NULL, claimed_by_id = NULL, claimed_at = NULL`;

export const sqliteClaimStatements: ClaimStatements = {
  claimableJobs: (workerIds, internal) =>
    workerIds.map((workerId) =>
      reading(
        `SELECT link.worker_id, link.job_id FROM joblib_worker_job link JOIN joblib_job job ON job.id = link.job_id
         WHERE link.worker_id = ? AND job.deleted_at IS NULL AND (job.room_id = '@internal') = ?`,
        workerId,
        internal ? 1 : 0,
      ),
    ),

  // The heads come from the partial index: the cost does not grow with the backlog.
  oldestPending: (jobs) =>
    jobs.map(({ jobId, limit }) =>
      reading(`SELECT job_id, id FROM joblib_task WHERE job_id = ? AND status = 'pending' ORDER BY id LIMIT ?`, jobId, limit),
    ),

  take: (takings) =>
    takings.map(({ taskId, workerId, userId, now }) =>
      writing(
        `UPDATE joblib_task SET status = 'claimed', worker_id = ?, claimed_by_id = ?, claimed_at = ?, attempt = attempt + 1
         WHERE id = ? AND status = 'pending' RETURNING *`,
        workerId,
        userId,
        now,
        taskId,
      ),
    ),

  undo: (claims) =>
    claims.map(({ taskId, workerId, attempt }) =>
      writing(
        `UPDATE joblib_task SET ${PUT_BACK}, attempt = attempt - 1 WHERE id = ? AND status = 'claimed' AND worker_id = ? AND attempt = ?
         RETURNING *`,
        taskId,
        workerId,
        attempt,
      ),
    ),

  putBackUnstarted: (before) =>
    writing(
      `UPDATE joblib_task SET ${PUT_BACK} WHERE worker_id IS NOT NULL AND status IN ('claimed', 'running') AND status = 'claimed'
         AND claimed_at < ? RETURNING *`,
      before,
    ),

  withPending: (jobIds) =>
    jobIds.map((jobId) => reading(`SELECT job_id FROM joblib_task WHERE job_id = ? AND status = 'pending' LIMIT 1`, jobId)),
};
