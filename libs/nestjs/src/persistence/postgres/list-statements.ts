import type { TaskStatus } from '@joblib/contract';

import { reading } from '../statement.js';
import type { SqlValue, Statement } from '../statement.js';
import type { ListStatements, TaskFilter } from '../statements.js';
import { IS_ACTIVE, phaseOf } from '../task-phases.js';

const LIVE_JOBS = `FROM joblib_job WHERE room_id = ANY($1::text[]) AND deleted_at IS NULL`;

const WORKERS_OF_ROOMS = `FROM joblib_worker worker WHERE EXISTS (
  SELECT 1 FROM joblib_worker_job link JOIN joblib_job job ON job.id = link.job_id
  WHERE link.worker_id = worker.id AND job.deleted_at IS NULL AND job.room_id = ANY($1::text[]))`;

const WORKER_SUMMARY = `SELECT worker.id, worker.last_heartbeat,
  (SELECT count(*) FROM joblib_worker_job link JOIN joblib_job job ON job.id = link.job_id
   WHERE link.worker_id = worker.id AND job.deleted_at IS NULL) AS job_count`;

// Behind every id, so that a first page seeks in the index like any other.
const BEHIND_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export const postgresListStatements: ListStatements = {
  jobs: (roomIds, { limit, offset }) => reading(`SELECT * ${LIVE_JOBS} ORDER BY id DESC LIMIT $2 OFFSET $3`, roomIds, limit, offset),

  countJobs: (roomIds) => reading(`SELECT count(*) AS total ${LIVE_JOBS}`, roomIds),

  workers: ({ limit, offset }) =>
    reading(`${WORKER_SUMMARY} FROM joblib_worker worker ORDER BY worker.id DESC LIMIT $1 OFFSET $2`, limit, offset),

  countWorkers: () => reading(`SELECT count(*) AS total FROM joblib_worker`),

  workersOfRooms: (roomIds, { limit, offset }) =>
    reading(`${WORKER_SUMMARY} ${WORKERS_OF_ROOMS} ORDER BY worker.id DESC LIMIT $2 OFFSET $3`, roomIds, limit, offset),

  countWorkersOfRooms: (roomIds) => reading(`SELECT count(*) AS total ${WORKERS_OF_ROOMS}`, roomIds),

  tasks: (filter, beforeId, limit) => newest('*', filter, beforeId, limit, 0),

  skipTasks: (filter, beforeId, steps) => newest('id', filter, beforeId, 1, steps - 1),

  jobTasksWithin: ({ roomId, jobId, status }, beforeId, steps) =>
    reading(
      `SELECT id FROM (
         SELECT id, status FROM joblib_task WHERE job_id = $1 AND room_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4
       ) recent WHERE status = $5 ORDER BY id DESC`,
      jobId,
      roomId,
      beforeId ?? BEHIND_ALL,
      steps,
      status,
    ),

  // Counted where it stands: the query holds up nobody but its own caller.
  countTasks: (filter) => {
    const { condition, values } = conditionOf(filter);
    return reading(`SELECT count(*) AS total FROM joblib_task WHERE ${condition}`, ...values);
  },
};

function newest<Row>(columns: string, filter: TaskFilter, beforeId: string | null, limit: number, offset: number): Statement<Row> {
  const { condition, values } = conditionOf(filter);
  const [before, count, skipped] = [1, 2, 3].map((place) => `$${values.length + place}`);
  const found = `FROM joblib_task WHERE ${condition} AND id < ${before}`;
  const order = `ORDER BY id DESC LIMIT ${count} OFFSET ${skipped}`;
  const sql = isActive(filter.status)
    ? // All of them first: they are few, while walking through the room until a page of them is found might have no end.
      `WITH active AS MATERIALIZED (SELECT id ${found})
       SELECT ${columns} FROM joblib_task WHERE id IN (SELECT id FROM active ${order}) ORDER BY id DESC`
    : `SELECT ${columns} ${found} ${order}`;
  return reading(sql, ...values, beforeId ?? BEHIND_ALL, limit, offset);
}

/** Each combination is a text of its own, so that each has the one index that serves it. */
function conditionOf({ roomId, jobId, status }: TaskFilter): { condition: string; values: SqlValue[] } {
  const wanted = [
    { column: 'room_id', value: roomId },
    { column: 'job_id', value: jobId },
    { column: 'status', value: status },
  ].flatMap(({ column, value }) => (value === undefined ? [] : [{ column, value }]));
  const phase = status === undefined ? [] : [phaseOf(status)];
  return {
    condition: [...wanted.map(({ column }, index) => `${column} = $${index + 1}`), ...phase].join(' AND '),
    values: wanted.map(({ value }) => value),
  };
}

function isActive(status: TaskStatus | undefined): boolean {
  return status !== undefined && phaseOf(status) === IS_ACTIVE;
}
