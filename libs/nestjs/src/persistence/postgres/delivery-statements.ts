import type { Attempt, DeliveryStatements } from '../delivery-statements.js';
import { reading, writing } from '../statement.js';
import type { SqlValue } from '../statement.js';

const OF_PLUGIN = `FROM joblib_delivery WHERE plugin = $1 AND id < $2 ORDER BY id DESC LIMIT $3`;
const OF_STATUS = `FROM joblib_delivery WHERE plugin = $1 AND status = $2 AND id < $3 ORDER BY id DESC LIMIT $4`;

// Behind every id, so that a first page seeks in the index like any other.
const BEHIND_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const identityOf = ({ id, attempts, nextAttemptAt }: Attempt): SqlValue[] => [id, attempts, nextAttemptAt];

/** Guarded: only the last attempt, and only while nothing else came of it. */
const OF_ATTEMPT = `WHERE id = $1 AND attempts = $2 AND next_attempt_at = $3 AND status = 'pending' RETURNING id`;

export const postgresDeliveryStatements: DeliveryStatements = {
  announcePlugin: (name, accepts, now) =>
    writing(
      `INSERT INTO joblib_plugin (name, accepts, announced_at) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET accepts = excluded.accepts, announced_at = excluded.announced_at`,
      name,
      accepts,
      now,
    ),

  pluginsSince: (since) => reading(`SELECT name, accepts FROM joblib_plugin WHERE announced_at >= $1 ORDER BY name`, since),

  findPlugin: (name) => reading(`SELECT name, accepts FROM joblib_plugin WHERE name = $1`, name),

  putOut: (taskIds) => [
    writing(`INSERT INTO joblib_outbox (task_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING`, taskIds.toSorted()),
  ],

  takeOut: (limit) =>
    writing(
      `DELETE FROM joblib_outbox WHERE task_id = ANY(ARRAY(
         SELECT task_id FROM joblib_outbox ORDER BY task_id LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING task_id`,
      limit,
    ),

  insert: (deliveries) => [
    writing(
      `INSERT INTO joblib_delivery (id, plugin, task_id, status, attempts, created_at, next_attempt_at)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::integer[], $6::bigint[], $7::bigint[])
       ON CONFLICT (task_id, plugin) DO NOTHING`,
      deliveries.map(({ id }) => id),
      deliveries.map(({ plugin }) => plugin),
      deliveries.map(({ taskId }) => taskId),
      deliveries.map(({ status }) => status),
      deliveries.map(({ attempts }) => attempts),
      deliveries.map(({ createdAt }) => createdAt),
      deliveries.map(({ nextAttemptAt }) => nextAttemptAt),
    ),
  ],

  begin: (plugin, now, until, limit) =>
    writing(
      `UPDATE joblib_delivery SET attempts = attempts + 1, next_attempt_at = $2
       WHERE id = ANY(ARRAY(SELECT id FROM joblib_delivery WHERE plugin = $1 AND status = 'pending' AND next_attempt_at <= $3
         ORDER BY next_attempt_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)) RETURNING *`,
      plugin,
      until,
      now,
      limit,
    ),

  succeed: (attempt, now) =>
    writing(
      `UPDATE joblib_delivery SET status = 'delivered', delivered_at = $4, next_attempt_at = NULL, error = NULL ${OF_ATTEMPT}`,
      ...identityOf(attempt),
      now,
    ),

  fail: (attempt, error, nextAttemptAt) =>
    writing(
      `UPDATE joblib_delivery SET status = $4, error = $5, next_attempt_at = $6 ${OF_ATTEMPT}`,
      ...identityOf(attempt),
      nextAttemptAt === null ? 'failed' : 'pending',
      error,
      nextAttemptAt,
    ),

  giveBack: (attempt, now) =>
    writing(`UPDATE joblib_delivery SET attempts = attempts - 1, next_attempt_at = $4 ${OF_ATTEMPT}`, ...identityOf(attempt), now),

  retry: (plugin, deliveryId, now) =>
    writing(
      `UPDATE joblib_delivery SET status = 'pending', attempts = 0, next_attempt_at = $3
       WHERE id = $2 AND plugin = $1 AND status = 'failed' RETURNING *`,
      plugin,
      deliveryId,
      now,
    ),

  find: (plugin, deliveryId) => reading(`SELECT * FROM joblib_delivery WHERE id = $2 AND plugin = $1`, plugin, deliveryId),

  list: (plugin, status, beforeId, limit) =>
    status === null
      ? reading(`SELECT * ${OF_PLUGIN}`, plugin, beforeId ?? BEHIND_ALL, limit)
      : reading(`SELECT * ${OF_STATUS}`, plugin, status, beforeId ?? BEHIND_ALL, limit),

  walk: (plugin, status, beforeId, steps) =>
    status === null
      ? reading(
          `SELECT count(*) AS length, min(id::text) AS last_id FROM (SELECT id ${OF_PLUGIN}) recent`,
          plugin,
          beforeId ?? BEHIND_ALL,
          steps,
        )
      : reading(
          `SELECT count(*) AS length, min(id::text) AS last_id FROM (SELECT id ${OF_STATUS}) recent`,
          plugin,
          status,
          beforeId ?? BEHIND_ALL,
          steps,
        ),

  lastError: (plugin) =>
    reading(`SELECT error FROM joblib_delivery WHERE plugin = $1 AND error IS NOT NULL ORDER BY id DESC LIMIT 1`, plugin),

  deleteDeliveredBefore: (before, limit) =>
    writing(
      `DELETE FROM joblib_delivery WHERE id = ANY(ARRAY(
         SELECT id FROM joblib_delivery WHERE delivered_at < $1 ORDER BY delivered_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING id`,
      before,
      limit,
    ),
};
