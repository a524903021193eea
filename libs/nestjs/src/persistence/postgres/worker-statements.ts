import { reading, writing } from '../statement.js';
import type { WorkerStatements } from '../statements.js';
import { LOCKS } from './locks.js';

// In one order everywhere, so that two servers that beat for the same workers wait for each other instead of blocking each other.
const lockedWorkers = (condition: string): string =>
  `WITH locked AS (SELECT id FROM joblib_worker WHERE ${condition} ORDER BY id FOR NO KEY UPDATE)`;

const BEAT = `UPDATE joblib_worker worker SET last_heartbeat = greatest(worker.last_heartbeat, $1::bigint),
  last_seen_at = greatest(worker.last_seen_at, $1::bigint) FROM locked WHERE worker.id = locked.id`;

const WORKER = `worker.id, worker.user_id, worker.created_at, worker.last_heartbeat`;

export const postgresWorkerStatements: WorkerStatements = {
  insert: ({ id, userId, createdAt, lastHeartbeat }) =>
    writing(
      `INSERT INTO joblib_worker (id, user_id, created_at, last_heartbeat, last_seen_at) VALUES ($1, $2, $3, $4, $4)`,
      id,
      userId,
      createdAt,
      lastHeartbeat,
    ),

  findById: (workerId, lock) =>
    reading(`SELECT id, user_id, created_at, last_heartbeat FROM joblib_worker WHERE id = $1 ${LOCKS[lock]}`, workerId),

  idsOfUser: (userId) => reading(`SELECT id FROM joblib_worker WHERE user_id = $1 ORDER BY id`, userId),

  heartbeats: (owned, now) => [
    writing(
      `${lockedWorkers(`(id, user_id) IN (SELECT * FROM unnest($2::uuid[], $3::text[]))`)} ${BEAT} RETURNING ${WORKER}`,
      now,
      owned.map(({ workerId }) => workerId),
      owned.map(({ userId }) => userId),
    ),
  ],

  heartbeatsOfUsers: (userIds, now) => [writing(`${lockedWorkers(`user_id = ANY($2::text[])`)} ${BEAT} RETURNING ${WORKER}`, now, userIds)],

  heartbeatMany: (workerIds, now) => [writing(`${lockedWorkers(`id = ANY($2::uuid[])`)} ${BEAT}`, now, workerIds)],

  markSeen: (workerId, now) =>
    writing(`UPDATE joblib_worker SET last_seen_at = greatest(last_seen_at, $1::bigint) WHERE id = $2`, now, workerId),

  findSilent: (before, limit) =>
    reading(`SELECT id FROM joblib_worker WHERE last_heartbeat < $1 ORDER BY last_heartbeat LIMIT $2`, before, limit),

  delete: (workerId, { heartbeatSince, seenSince }) =>
    writing(
      `DELETE FROM joblib_worker WHERE id = $1 AND ($2::bigint IS NULL OR last_heartbeat < $2) AND ($3::bigint IS NULL OR last_seen_at < $3)
       RETURNING id, user_id, created_at, last_heartbeat`,
      workerId,
      heartbeatSince,
      seenSince,
    ),

  deleteLinks: (workerId) => writing(`DELETE FROM joblib_worker_job WHERE worker_id = $1 RETURNING job_id`, workerId),

  isLinked: (workerId, jobId) =>
    reading(`SELECT worker_id, job_id FROM joblib_worker_job WHERE worker_id = $1 AND job_id = $2`, workerId, jobId),
};
