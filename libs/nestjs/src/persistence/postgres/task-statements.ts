import type { ReportableStatus, TaskStatus } from '@joblib/contract';

import { REACHED_FROM, reachedFrom } from '../../domain/task.js';
import type { Task } from '../../domain/task.js';
import { reading, writing, writingAndReading } from '../statement.js';
import type { SqlValue } from '../statement.js';
import type { ReportChange, TaskStatements } from '../statements.js';
import { IS_ACTIVE, IS_PENDING } from '../task-phases.js';
import { LOCKS } from './locks.js';

const REPORTABLE = Object.keys(REACHED_FROM) as ReportableStatus[];

const isOneOf = (statuses: readonly TaskStatus[]): string => `task.status IN (${statuses.map((status) => `'${status}'`).join(', ')})`;

const MAY_FOLLOW = [
  ...REPORTABLE.map((status) => `(change.status = '${status}' AND ${isOneOf(REACHED_FROM[status])})`),
  `(change.status = 'running' AND change.progress IS NOT NULL AND ${isOneOf(reachedFrom('running', true))})`,
].join(' OR ');

// The claimer, a superuser, or (to cancel) the submitter.
const MAY_REPORT = `change.is_superuser OR task.claimed_by_id = change.user_id
  OR (change.status = 'cancelled' AND task.created_by_id = change.user_id)`;

const CHANGED = `status = change.status,
    started_at = CASE WHEN change.status <> 'running' THEN task.started_at
      WHEN change.progress IS NULL THEN change.now ELSE coalesce(task.started_at, change.now) END,
    completed_at = CASE WHEN change.status = 'running' THEN task.completed_at ELSE change.now END,
    result = coalesce(change.result, task.result),
    error = coalesce(change.error, task.error),
    progress = coalesce(change.progress, task.progress)`;

const REPORT = `UPDATE joblib_task task SET ${CHANGED}
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::bigint[])
    AS change(task_id, status, result, error, progress, user_id, is_superuser, now)
  WHERE task.id = change.task_id AND (${MAY_FOLLOW}) AND (${MAY_REPORT}) RETURNING task.*`;

const PARAMETER_OF: Readonly<Record<string, string>> = {
  status: '$2::text',
  result: '$3::text',
  error: '$4::text',
  progress: '$5::text',
  user_id: '$6::text',
  is_superuser: '$7::boolean',
  now: '$8::bigint',
};

/** The same of one change that several tasks undergo: nothing to join, and what the change decides is decided by the planner. */
const REPORT_ALIKE = `UPDATE joblib_task task SET ${CHANGED}
  WHERE task.id = ANY($1::uuid[]) AND (${MAY_FOLLOW}) AND (${MAY_REPORT}) RETURNING task.*`.replace(
  /change\.(\w+)/g,
  (_, column: string) => PARAMETER_OF[column] ?? '',
);

const INSERT = `INSERT INTO joblib_task (id, job_id, job_name, room_id, created_by_id, status, payload, attempt, created_at)
  SELECT task.id, task.job_id, task.job_name, task.room_id, task.created_by_id, 'pending', task.payload, 0, task.created_at
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
    AS task(id, job_id, job_name, room_id, created_by_id, payload, created_at)`;

const INSERT_FOR_LIVE = `WITH live AS MATERIALIZED (
    SELECT id FROM joblib_job WHERE id = ANY($8::uuid[]) AND deleted_at IS NULL ORDER BY id ${LOCKS.keep}
  ), inserted AS (${INSERT} JOIN live ON live.id = task.job_id)
  SELECT id FROM live`;

export const postgresTaskStatements: TaskStatements = {
  insert: (tasks) => [writing(INSERT, ...columnsOf(tasks))],

  insertForLive: (tasks) => [writingAndReading(INSERT_FOR_LIVE, ...columnsOf(tasks), [...new Set(tasks.map(({ jobId }) => jobId))])],

  findByIds: (taskIds) => [reading(`SELECT * FROM joblib_task WHERE id = ANY($1::uuid[])`, taskIds)],

  report: (changes) => {
    // In one order everywhere: of two servers that report the same tasks, one waits for the other.
    const sorted = changes.toSorted((left, right) => (left.taskId < right.taskId ? -1 : 1));
    const taskIds = sorted.map(({ taskId }) => taskId);
    const [first] = sorted;
    if (first !== undefined && sorted.every((change) => isAlike(change, first))) {
      const { status, result, error, progress, userId, isSuperuser, now } = first;
      return [writing(REPORT_ALIKE, taskIds, status, result, error, progress, userId, isSuperuser, now)];
    }
    return [
      writing(
        REPORT,
        taskIds,
        sorted.map(({ status }) => status),
        sorted.map(({ result }) => result),
        sorted.map(({ error }) => error),
        sorted.map(({ progress }) => progress),
        sorted.map(({ userId }) => userId),
        sorted.map(({ isSuperuser }) => isSuperuser),
        sorted.map(({ now }) => now),
      ),
    ];
  },

  countAhead: (tasks, limit) => [
    reading(
      `SELECT wanted.id, (
         SELECT count(*) FROM (
           SELECT 1 FROM joblib_task task WHERE task.job_id = wanted.job_id AND ${IS_PENDING}
             AND (task.created_at, task.id) < (wanted.created_at, wanted.id) LIMIT $4
         ) older
       ) AS ahead FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS wanted(id, job_id, created_at)`,
      tasks.map(({ id }) => id),
      tasks.map(({ jobId }) => jobId),
      tasks.map(({ createdAt }) => createdAt),
      limit,
    ),
  ],

  failOfWorker: (workerId, error, now) =>
    writing(
      `UPDATE joblib_task SET status = 'failed', error = $1, completed_at = $2 WHERE worker_id = $3 AND ${IS_ACTIVE}
       RETURNING *`,
      error,
      now,
      workerId,
    ),

  failStuckInternal: (before, error, now) =>
    writing(
      `UPDATE joblib_task SET status = 'failed', error = $1, completed_at = $2
       WHERE job_id IN (SELECT id FROM joblib_job WHERE room_id = '@internal')
         AND ${IS_ACTIVE} AND coalesce(started_at, claimed_at) < $3
       RETURNING *`,
      error,
      now,
      before,
    ),

  findSettled: (taskIds) => [
    reading(
      `SELECT wanted.id FROM unnest($1::uuid[]) AS wanted(id) LEFT JOIN joblib_task task ON task.id = wanted.id
       WHERE task.id IS NULL OR task.status IN ('completed', 'failed', 'cancelled')`,
      taskIds,
    ),
  ],
};

/** Whether two reports differ in nothing but their tasks. */
function isAlike(left: ReportChange, right: ReportChange): boolean {
  return (
    left.status === right.status &&
    left.result === right.result &&
    left.error === right.error &&
    left.progress === right.progress &&
    left.userId === right.userId &&
    left.isSuperuser === right.isSuperuser &&
    left.now === right.now
  );
}

/** What a new task has to say, a list for each column. */
function columnsOf(tasks: readonly Task[]): SqlValue[] {
  return [
    tasks.map(({ id }) => id),
    tasks.map(({ jobId }) => jobId),
    tasks.map(({ jobName }) => jobName),
    tasks.map(({ roomId }) => roomId),
    tasks.map(({ createdById }) => createdById),
    tasks.map(({ payload }) => payload),
    tasks.map(({ createdAt }) => createdAt),
  ];
}
