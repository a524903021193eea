import { reading, writing } from '../statement.js';
import type { WorkerStatements } from '../statements.js';
import { LIMIT } from './limit.js';
import { changingWorker } from './row-change.js';

export const sqliteWorkerStatements: WorkerStatements = {
  insert: ({ id, userId, createdAt, lastHeartbeat }) =>
    writing(
      `INSERT INTO joblib_worker (id, user_id, created_at, last_heartbeat, last_seen_at) VALUES (?, ?, ?, ?, ?)`,
      id,
      userId,
      createdAt,
      lastHeartbeat,
      lastHeartbeat,
    ),

  findById: (workerId) => reading(`SELECT id, user_id, created_at, last_heartbeat FROM joblib_worker WHERE id = ?`, workerId),

  idsOfUser: (userId) => reading(`SELECT id FROM joblib_worker WHERE user_id = ?`, userId),

  heartbeats: (owned, now) =>
    owned.map(({ workerId, userId }) =>
      changingWorker(
        workerId,
        `UPDATE joblib_worker SET last_heartbeat = max(last_heartbeat, ?), last_seen_at = max(last_seen_at, ?) WHERE id = ? AND user_id = ?`,
        now,
        now,
        workerId,
        userId,
      ),
    ),

  heartbeatsOfUsers: (userIds, now) =>
    userIds.map((userId) =>
      writing(
        `UPDATE joblib_worker SET last_heartbeat = max(last_heartbeat, ?), last_seen_at = max(last_seen_at, ?) WHERE user_id = ?
         RETURNING id, user_id, created_at, last_heartbeat`,
        now,
        now,
        userId,
      ),
    ),

  heartbeatMany: (workerIds, now) => [
    writing(
      `UPDATE joblib_worker SET last_heartbeat = max(last_heartbeat, ?), last_seen_at = max(last_seen_at, ?)
       WHERE id IN (SELECT value FROM json_each(?))`,
      now,
      now,
      JSON.stringify(workerIds),
    ),
  ],

  markSeen: (workerId, now) => writing(`UPDATE joblib_worker SET last_seen_at = max(last_seen_at, ?) WHERE id = ?`, now, workerId),

  findSilent: (before, limit) =>
    reading(`SELECT id FROM joblib_worker WHERE last_heartbeat < ? ORDER BY last_heartbeat ${LIMIT}`, before, limit),

  delete: (workerId, { heartbeatSince, seenSince }) =>
    writing(
      `DELETE FROM joblib_worker WHERE id = ? AND (? IS NULL OR last_heartbeat < ?) AND (? IS NULL OR last_seen_at < ?)
       RETURNING id, user_id, created_at, last_heartbeat`,
      workerId,
      heartbeatSince,
      heartbeatSince,
      seenSince,
      seenSince,
    ),

  deleteLinks: (workerId) => writing(`DELETE FROM joblib_worker_job WHERE worker_id = ? RETURNING job_id`, workerId),

  isLinked: (workerId, jobId) =>
    reading(`SELECT worker_id, job_id FROM joblib_worker_job WHERE worker_id = ? AND job_id = ?`, workerId, jobId),
};
