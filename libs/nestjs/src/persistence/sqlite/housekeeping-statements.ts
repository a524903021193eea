import { reading, writing } from '../statement.js';
import { IS_DELIVERED } from '../task-phases.js';
import type { HousekeepingStatements } from '../statements.js';
import { LIMIT } from './limit.js';

export const sqliteHousekeepingStatements: HousekeepingStatements = {
  findSubmission: (userId, roomId, jobName, key, since) =>
    reading(
      `SELECT fingerprint, task_ids FROM joblib_submission_key
       WHERE user_id = ? AND room_id = ? AND job_name = ? AND key = ? AND created_at >= ?`,
      userId,
      roomId,
      jobName,
      key,
      since,
    ),

  putSubmission: ({ userId, roomId, jobName, key, fingerprint, taskIds, createdAt }, { expiredBefore, uselessTaskIds }) =>
    writing(
      `INSERT INTO joblib_submission_key (user_id, room_id, job_name, key, fingerprint, task_ids, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (user_id, room_id, job_name, key) DO UPDATE
         SET fingerprint = excluded.fingerprint, task_ids = excluded.task_ids, created_at = excluded.created_at
         WHERE joblib_submission_key.created_at < ? OR joblib_submission_key.task_ids = ?
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
      `DELETE FROM joblib_submission_key WHERE rowid IN (SELECT rowid FROM joblib_submission_key WHERE created_at < ? ${LIMIT}) RETURNING key`,
      before,
      limit,
    ),

  deleteTasksCompletedBefore: (before, limit) =>
    writing(
      `DELETE FROM joblib_task WHERE id IN (
         SELECT id FROM joblib_task WHERE completed_at < ? AND ${IS_DELIVERED} ORDER BY completed_at ${LIMIT}) RETURNING id`,
      before,
      limit,
    ),

  acquireLease: (name, holder, now, expiresAt) =>
    writing(
      `INSERT INTO joblib_lease (name, holder, expires_at) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
         WHERE joblib_lease.holder = excluded.holder OR joblib_lease.expires_at <= ?
       RETURNING name`,
      name,
      holder,
      expiresAt,
      now,
    ),

  releaseLease: (name, holder) => writing(`DELETE FROM joblib_lease WHERE name = ? AND holder = ?`, name, holder),
};
