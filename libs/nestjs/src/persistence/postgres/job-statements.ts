import { locking, reading, writing } from '../statement.js';
import type { JobStatements, RowLock } from '../statements.js';
import { IS_PENDING } from '../task-phases.js';
import { LOCKS } from './locks.js';

// Values instead of `NOT EXISTS`: looked up for each job, and never turned into a join with all tasks.
const IS_ORPHAN = `deleted_at IS NULL AND room_id <> '@internal'
  AND (SELECT link.worker_id FROM joblib_worker_job link WHERE link.job_id = joblib_job.id LIMIT 1) IS NULL
  AND (SELECT task.id FROM joblib_task task WHERE task.job_id = joblib_job.id AND ${IS_PENDING}
    ORDER BY task.created_at, task.id LIMIT 1) IS NULL`;

const FIND_BY_NAME = (lock: RowLock): string =>
  `SELECT * FROM joblib_job WHERE room_id = $1 AND category = $2 AND name = $3 ${LOCKS[lock]}`;

export const postgresJobStatements: JobStatements = {
  insert: ({ id, roomId, category, name, schema, createdAt }) =>
    writing(
      `INSERT INTO joblib_job (id, room_id, category, name, schema, created_at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (room_id, category, name) DO NOTHING RETURNING id`,
      id,
      roomId,
      category,
      name,
      schema,
      createdAt,
    ),

  findByName: (roomId, category, name, lock) => reading(FIND_BY_NAME(lock), roomId, category, name),

  findByIds: (jobIds) => [reading(`SELECT * FROM joblib_job WHERE id = ANY($1::uuid[])`, jobIds)],

  namesOf: (jobIds) => [reading(`SELECT id, room_id, category, name FROM joblib_job WHERE id = ANY($1::uuid[])`, jobIds)],

  revive: (jobId, schema) => writing(`UPDATE joblib_job SET deleted_at = NULL, schema = $1 WHERE id = $2`, schema, jobId),

  link: (workerId, jobId) =>
    writing(
      `INSERT INTO joblib_worker_job (worker_id, job_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING worker_id, job_id`,
      workerId,
      jobId,
    ),

  linksOf: (jobIds) => [
    reading(`SELECT worker_id, job_id FROM joblib_worker_job WHERE job_id = ANY($1::uuid[]) ORDER BY worker_id`, jobIds),
  ],

  findFreshWorker: (jobId, since) =>
    reading(
      `SELECT worker.id FROM joblib_worker_job link JOIN joblib_worker worker ON worker.id = link.worker_id
       WHERE link.job_id = $1 AND worker.last_heartbeat >= $2 LIMIT 1`,
      jobId,
      since,
    ),

  // First the lock, then the look: whoever is linking or submitting has ended when the second statement takes its snapshot.
  retireOrphans: (jobIds, now) => [
    locking(`SELECT id FROM joblib_job WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE`, jobIds),
    writing(`UPDATE joblib_job SET deleted_at = $1 WHERE id = ANY($2::uuid[]) AND ${IS_ORPHAN} RETURNING *`, now, jobIds),
  ],

  findOrphans: (limit) => reading(`SELECT id FROM joblib_job WHERE ${IS_ORPHAN} LIMIT $1`, limit),
};
