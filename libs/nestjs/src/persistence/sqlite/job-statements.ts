import { reading, writing } from '../statement.js';
import type { JobStatements } from '../statements.js';
import { IS_PENDING } from '../task-phases.js';
import { LIMIT } from './limit.js';
import { PENDING_TASKS } from './pending-tasks.js';

const IS_ORPHAN = `deleted_at IS NULL AND room_id <> '@internal'
  AND NOT EXISTS (SELECT 1 FROM joblib_worker_job link WHERE link.job_id = joblib_job.id)
  AND NOT EXISTS (SELECT 1 FROM ${PENDING_TASKS} WHERE job_id = joblib_job.id AND ${IS_PENDING})`;

export const sqliteJobStatements: JobStatements = {
  insert: ({ id, roomId, category, name, schema, createdAt }) =>
    writing(
      `INSERT INTO joblib_job (id, room_id, category, name, schema, created_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (room_id, category, name) DO NOTHING RETURNING id`,
      id,
      roomId,
      category,
      name,
      schema,
      createdAt,
    ),

  findByName: (roomId, category, name) =>
    reading(`SELECT * FROM joblib_job WHERE room_id = ? AND category = ? AND name = ?`, roomId, category, name),

  findByIds: (jobIds) => [reading(`SELECT * FROM joblib_job WHERE id IN (SELECT value FROM json_each(?))`, JSON.stringify(jobIds))],

  namesOf: (jobIds) => [
    reading(`SELECT id, room_id, category, name FROM joblib_job WHERE id IN (SELECT value FROM json_each(?))`, JSON.stringify(jobIds)),
  ],

  revive: (jobId, schema) => writing(`UPDATE joblib_job SET deleted_at = NULL, schema = ? WHERE id = ?`, schema, jobId),

  link: (workerId, jobId) =>
    writing(
      `INSERT INTO joblib_worker_job (worker_id, job_id) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING worker_id, job_id`,
      workerId,
      jobId,
    ),

  linksOf: (jobIds) => [
    reading(
      `SELECT worker_id, job_id FROM joblib_worker_job WHERE job_id IN (SELECT value FROM json_each(?)) ORDER BY worker_id`,
      JSON.stringify(jobIds),
    ),
  ],

  findFreshWorker: (jobId, since) =>
    reading(
      `SELECT worker.id FROM joblib_worker_job link JOIN joblib_worker worker ON worker.id = link.worker_id
       WHERE link.job_id = ? AND worker.last_heartbeat >= ? LIMIT 1`,
      jobId,
      since,
    ),

  retireOrphans: (jobIds, now) => [
    writing(
      `UPDATE joblib_job SET deleted_at = ? WHERE id IN (SELECT value FROM json_each(?)) AND ${IS_ORPHAN} RETURNING *`,
      now,
      JSON.stringify(jobIds),
    ),
  ],

  findOrphans: (limit) => reading(`SELECT id FROM joblib_job WHERE ${IS_ORPHAN} ${LIMIT}`, limit),
};
