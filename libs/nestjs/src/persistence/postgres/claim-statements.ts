import { reading, writing, writingAndReading } from '../statement.js';
import type { TakenRow } from '../rows.js';
import type { ClaimStatements } from '../statements.js';
import { IS_ACTIVE, IS_PENDING } from '../task-phases.js';

const HEAD = (
  quantity: string,
): string => `SELECT task.job_id, task.id FROM joblib_task task WHERE task.job_id = wanted.job_id AND ${IS_PENDING}
         ORDER BY task.created_at, task.id LIMIT ${quantity}`;

const PUT_BACK = `status = 'pending', worker_id = NULL, claimed_by_id = NULL, claimed_at = NULL, started_at = NULL`;

const TAKEN: readonly (keyof TakenRow)[] = [
  'id',
  'job_id',
  'job_name',
  'room_id',
  'created_by_id',
  'payload',
  'result',
  'error',
  'progress',
  'attempt',
  'created_at',
];

// The array keeps the update from being joined with what it updates, for which there is a bad order.
const TAKE_AT_ONCE = `WITH beaten AS (
    UPDATE joblib_worker worker SET last_heartbeat = greatest(worker.last_heartbeat, $3::bigint), last_seen_at = greatest(worker.last_seen_at, $3::bigint)
    WHERE worker.id = $1 AND worker.user_id = $2 RETURNING worker.id
  ), wanted AS MATERIALIZED (
    SELECT link.job_id FROM beaten JOIN joblib_worker_job link ON link.worker_id = beaten.id JOIN joblib_job job ON job.id = link.job_id
    WHERE job.deleted_at IS NULL AND (job.room_id = '@internal') = $4
  ), seen AS MATERIALIZED (
    SELECT head.id FROM wanted CROSS JOIN LATERAL (${HEAD('$5')}) head ORDER BY head.id LIMIT $5
  ), free AS MATERIALIZED (
    SELECT id FROM joblib_task WHERE id = ANY(ARRAY(SELECT id FROM seen)) AND status = 'pending' FOR NO KEY UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE joblib_task SET status = CASE WHEN $6::boolean THEN 'running' ELSE 'claimed' END, worker_id = $1, claimed_by_id = $2, claimed_at = $3,
      started_at = CASE WHEN $6::boolean THEN $3::bigint END, attempt = attempt + 1
    WHERE id = ANY(ARRAY(SELECT id FROM free)) AND status = 'pending' RETURNING ${TAKEN.join(', ')}
  )
  SELECT (SELECT count(*) FROM beaten) AS worker_count, (SELECT string_agg(job_id::text, ',') FROM wanted) AS served_jobs,
    (SELECT count(*) FROM seen) AS seen_count, ${TAKEN.map((column) => `NULL AS ${column}`).join(', ')}
  UNION ALL SELECT NULL, NULL, NULL, taken.* FROM taken ORDER BY id NULLS FIRST`;

export const postgresClaimStatements: ClaimStatements = {
  claimableJobs: (workerIds) => [
    reading(
      `SELECT link.worker_id, link.job_id, job.room_id FROM joblib_worker_job link JOIN joblib_job job ON job.id = link.job_id
       WHERE link.worker_id = ANY($1::uuid[]) AND job.deleted_at IS NULL`,
      workerIds,
    ),
  ],

  // The heads come from the partial index, each job's by itself: the cost does not grow with the backlog. By time and id, which is the order
  // of the ids, so that no other index has that order: out-of-date statistics may make the primary key look as good, and it is not.
  oldestPending: (jobs) => [
    reading(
      `SELECT head.job_id, head.id FROM unnest($1::uuid[], $2::integer[]) AS wanted(job_id, quantity)
       CROSS JOIN LATERAL (${HEAD('wanted.quantity')}) head
       ORDER BY head.id`,
      jobs.map(({ jobId }) => jobId),
      jobs.map(({ limit }) => limit),
    ),
  ],

  oldestPendingOf: (asking) => [
    reading(
      `SELECT head.job_id, head.id FROM (
         SELECT link.job_id, sum(asking.quantity) AS quantity FROM unnest($1::uuid[], $2::integer[]) AS asking(worker_id, quantity)
         JOIN joblib_worker_job link ON link.worker_id = asking.worker_id GROUP BY link.job_id
       ) wanted
       CROSS JOIN LATERAL (${HEAD('wanted.quantity')}) head
       ORDER BY head.id`,
      asking.map(({ workerId }) => workerId),
      asking.map(({ quantity }) => quantity),
    ),
  ],

  take: (takings) => [
    writing(
      `WITH free AS (
         SELECT id FROM joblib_task WHERE id = ANY($1::uuid[]) AND status = 'pending' ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
       )
       UPDATE joblib_task task SET status = CASE WHEN taking.starts THEN 'running' ELSE 'claimed' END, worker_id = taking.worker_id,
         claimed_by_id = taking.user_id, claimed_at = taking.now, started_at = CASE WHEN taking.starts THEN taking.now END,
         attempt = task.attempt + 1
       FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::boolean[]) AS taking(task_id, worker_id, user_id, now, starts)
         JOIN free ON free.id = taking.task_id
       WHERE task.id = taking.task_id AND task.status = 'pending' RETURNING task.*`,
      takings.map(({ taskId }) => taskId),
      takings.map(({ workerId }) => workerId),
      takings.map(({ userId }) => userId),
      takings.map(({ now }) => now),
      takings.map(({ starts }) => starts),
    ),
  ],

  takeAtOnce: ({ workerId, userId, now, internal, maxTasks, starts }) =>
    writingAndReading(TAKE_AT_ONCE, workerId, userId, now, internal, maxTasks, starts),

  undo: (claims) => [
    writing(
      `UPDATE joblib_task task SET ${PUT_BACK}, attempt = task.attempt - 1
       FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[]) AS claim(task_id, by_worker_id, by_attempt, left_as)
       WHERE task.id = claim.task_id AND task.status = claim.left_as AND task.worker_id = claim.by_worker_id
         AND task.attempt = claim.by_attempt AND task.progress IS NULL
       RETURNING task.*`,
      claims.map(({ taskId }) => taskId),
      claims.map(({ workerId }) => workerId),
      claims.map(({ attempt }) => attempt),
      claims.map(({ status }) => status),
    ),
  ],

  putBackUnstarted: (before) =>
    writing(`UPDATE joblib_task SET ${PUT_BACK} WHERE ${IS_ACTIVE} AND status = 'claimed' AND claimed_at < $1 RETURNING *`, before),

  withPending: (jobIds) => [
    reading(`SELECT head.job_id FROM unnest($1::uuid[]) AS wanted(job_id) CROSS JOIN LATERAL (${HEAD('1')}) head`, jobIds),
  ],
};
