import { reading, writing } from '../statement.js';
import { IS_DELIVERED } from '../task-phases.js';
import type { HousekeepingStatements } from '../statements.js';

export const postgresHousekeepingStatements: HousekeepingStatements = {
  findSubmission: (userId, roomId, jobName, key, since) =>
    reading(
      `SELECT fingerprint, task_ids FROM joblib_submission_key
       WHERE user_id = $1 AND room_id = $2 AND job_name = $3 AND key = $4 AND created_at >= $5`,
      userId,
      roomId,
      jobName,
      key,
      since,
    ),

  putSubmission: ({ userId, roomId, jobName, key, fingerprint, taskIds, createdAt }, { expiredBefore, uselessTaskIds }) =>
    writing(
      `INSERT INTO joblib_submission_key (user_id, room_id, job_name, key, fingerprint, task_ids, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (user_id, room_id, job_name, key) DO UPDATE
         SET fingerprint = excluded.fingerprint, task_ids = excluded.task_ids, created_at = excluded.created_at
         WHERE joblib_submission_key.created_at < $8 OR joblib_submission_key.task_ids = $9
       RETURNING key`,
      userId,
      roomId,
      jobName,
      key,
      fingerprint,
      taskIds,
      createdAt,
      expiredBefore,
      uselessTaskIds,
    ),

  newestTask: () => reading(`SELECT id FROM joblib_task ORDER BY id DESC LIMIT 1`),

  deleteSubmissionsBefore: (before, limit) =>
    writing(
      `DELETE FROM joblib_submission_key WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM joblib_submission_key WHERE created_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING key`,
      before,
      limit,
    ),

  deleteTasksCompletedBefore: (before, limit) =>
    writing(
      `DELETE FROM joblib_task WHERE id = ANY(ARRAY(
         SELECT id FROM joblib_task WHERE completed_at < $1 AND ${IS_DELIVERED} ORDER BY completed_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING id`,
      before,
      limit,
    ),

  acquireLease: (name, holder, now, expiresAt) =>
    writing(
      `INSERT INTO joblib_lease (name, holder, expires_at) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
         WHERE joblib_lease.holder = excluded.holder OR joblib_lease.expires_at <= $4
       RETURNING name`,
      name,
      holder,
      expiresAt,
      now,
    ),

  releaseLease: (name, holder) => writing(`DELETE FROM joblib_lease WHERE name = $1 AND holder = $2`, name, holder),
};
