import { TASK_STATUSES } from '@joblib/contract';
import type { TaskStatus } from '@joblib/contract';

import type { Statement } from '../statement.js';
import { reading } from '../statement.js';
import type { SqlValue } from '../statement.js';
import type { ListStatements, TaskFilter } from '../statements.js';
import { IS_ACTIVE, IS_PENDING, phaseOf } from '../task-phases.js';
import { LIMIT } from './limit.js';

const LIVE_JOBS = `FROM joblib_job WHERE room_id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL`;

const WORKERS_OF_ROOMS = `FROM joblib_worker worker WHERE EXISTS (
  SELECT 1 FROM joblib_worker_job link JOIN joblib_job job ON job.id = link.job_id
  WHERE link.worker_id = worker.id AND job.deleted_at IS NULL AND job.room_id IN (SELECT value FROM json_each(?)))`;

const WORKER_SUMMARY = `SELECT worker.id, worker.last_heartbeat,
  (SELECT count(*) FROM joblib_worker_job link JOIN joblib_job job ON job.id = link.job_id
   WHERE link.worker_id = worker.id AND job.deleted_at IS NULL) AS job_count`;

// Each is a whole statement, so that each has the one index that serves it.
const TASKS = {
  room: `FROM joblib_task WHERE room_id = ?`,
  job: `FROM joblib_task WHERE job_id = ? AND room_id = ?`,
};

const NEWEST = `AND id < ? ORDER BY id DESC ${LIMIT}`;

// Behind every id, so that a first page seeks in the index like any other.
const BEHIND_ALL = 'g';

export const sqliteListStatements: ListStatements = {
  jobs: (roomIds, { limit, offset }) =>
    reading(`SELECT * ${LIVE_JOBS} ORDER BY id DESC ${LIMIT} OFFSET ?`, JSON.stringify(roomIds), limit, offset),

  countJobs: (roomIds) => reading(`SELECT count(*) AS total ${LIVE_JOBS}`, JSON.stringify(roomIds)),

  workers: ({ limit, offset }) =>
    reading(`${WORKER_SUMMARY} FROM joblib_worker worker ORDER BY worker.id DESC ${LIMIT} OFFSET ?`, limit, offset),

  countWorkers: () => reading(`SELECT count(*) AS total FROM joblib_worker`),

  workersOfRooms: (roomIds, { limit, offset }) =>
    reading(`${WORKER_SUMMARY} ${WORKERS_OF_ROOMS} ORDER BY worker.id DESC ${LIMIT} OFFSET ?`, JSON.stringify(roomIds), limit, offset),

  countWorkersOfRooms: (roomIds) => reading(`SELECT count(*) AS total ${WORKERS_OF_ROOMS}`, JSON.stringify(roomIds)),

  tasks: (filter, beforeId, limit) => filtered('SELECT *', filter, NEWEST, beforeId ?? BEHIND_ALL, limit),

  skipTasks: (filter, beforeId, steps) => filtered('SELECT id', filter, `${NEWEST} OFFSET ?`, beforeId ?? BEHIND_ALL, 1, steps - 1),

  jobTasksWithin: ({ roomId, jobId, status }, beforeId, steps) =>
    reading(
      `SELECT id FROM (SELECT id, status ${TASKS.job} ${NEWEST}) recent WHERE status = ? ORDER BY id DESC`,
      jobId,
      roomId,
      beforeId ?? BEHIND_ALL,
      steps,
      status,
    ),

  countTasks: ({ roomId, jobId, status }) =>
    jobId === undefined
      ? reading(`SELECT ${sumOf(status)} AS total FROM joblib_task_count WHERE room_id = ?`, roomId)
      : reading(`SELECT ${sumOf(status)} AS total FROM joblib_task_count WHERE room_id = ? AND job_id = ?`, roomId, jobId),
};

function sumOf(status: TaskStatus | undefined): string {
  return `coalesce(sum(${status ?? TASK_STATUSES.join(' + ')}), 0)`;
}

function filtered<Row>(select: string, { roomId, jobId, status }: TaskFilter, rest: string, ...values: SqlValue[]): Statement<Row> {
  if (jobId !== undefined) return reading(`${select} ${TASKS.job} ${rest}`, jobId, roomId, ...values);
  if (status === undefined) return reading(`${select} ${TASKS.room} ${rest}`, roomId, ...values);
  return reading(`${select} FROM ${inRoom(status)} ${rest}`, roomId, status, ...values);
}

/** Named, since SQLite without statistics would walk through all tasks of the room. */
function inRoom(status: TaskStatus): string {
  const phase = phaseOf(status);
  // There are few active ones: all are looked at, whatever their worker.
  if (phase === IS_ACTIVE)
    return `joblib_task INDEXED BY joblib_task_of_worker WHERE room_id = ? AND status = ? AND worker_id IS NOT NULL AND ${phase}`;
  const index = phase === IS_PENDING ? 'joblib_task_pending_in_room' : 'joblib_task_ended';
  return `joblib_task INDEXED BY ${index} WHERE room_id = ? AND status = ? AND ${phase}`;
}
