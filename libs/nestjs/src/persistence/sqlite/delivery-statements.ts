import type { Attempt, DeliveryStatements } from '../delivery-statements.js';
import { reading, writing } from '../statement.js';
import type { SqlValue } from '../statement.js';
import { LIMIT } from './limit.js';

const OF_PLUGIN = `FROM joblib_delivery WHERE plugin = ? AND id < ? ORDER BY id DESC ${LIMIT}`;
const OF_STATUS = `FROM joblib_delivery WHERE plugin = ? AND status = ? AND id < ? ORDER BY id DESC ${LIMIT}`;

// Behind every id, so that a first page seeks in the index like any other.
const BEHIND_ALL = 'g';

const identityOf = ({ id, attempts, nextAttemptAt }: Attempt): SqlValue[] => [id, attempts, nextAttemptAt];

/** Guarded: only the last attempt, and only while nothing else came of it. */
const OF_ATTEMPT = `WHERE id = ? AND attempts = ? AND next_attempt_at = ? AND status = 'pending' RETURNING id`;

export const sqliteDeliveryStatements: DeliveryStatements = {
  announcePlugin: (name, accepts, now) =>
    writing(
      `INSERT INTO joblib_plugin (name, accepts, announced_at) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET accepts = excluded.accepts, announced_at = excluded.announced_at`,
      name,
      accepts,
      now,
    ),

  pluginsSince: (since) => reading(`SELECT name, accepts FROM joblib_plugin WHERE announced_at >= ? ORDER BY name`, since),

  findPlugin: (name) => reading(`SELECT name, accepts FROM joblib_plugin WHERE name = ?`, name),

  putOut: (taskIds) => taskIds.map((taskId) => writing(`INSERT INTO joblib_outbox (task_id) VALUES (?) ON CONFLICT DO NOTHING`, taskId)),

  takeOut: (limit) =>
    writing(
      `DELETE FROM joblib_outbox WHERE task_id IN (SELECT task_id FROM joblib_outbox ORDER BY task_id ${LIMIT}) RETURNING task_id`,
      limit,
    ),

  insert: (deliveries) =>
    deliveries.map(({ id, plugin, taskId, status, attempts, createdAt, nextAttemptAt }) =>
      writing(
        `INSERT INTO joblib_delivery (id, plugin, task_id, status, attempts, created_at, next_attempt_at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (task_id, plugin) DO NOTHING`,
        id,
        plugin,
        taskId,
        status,
        attempts,
        createdAt,
        nextAttemptAt,
      ),
    ),

  begin: (plugin, now, until, limit) =>
    writing(
      `UPDATE joblib_delivery SET attempts = attempts + 1, next_attempt_at = ?
       WHERE id IN (SELECT id FROM joblib_delivery WHERE plugin = ? AND status = 'pending' AND next_attempt_at <= ?
         ORDER BY next_attempt_at, id ${LIMIT}) RETURNING *`,
      until,
      plugin,
      now,
      limit,
    ),

  succeed: (attempt, now) =>
    writing(
      `UPDATE joblib_delivery SET status = 'delivered', delivered_at = ?, next_attempt_at = NULL, error = NULL ${OF_ATTEMPT}`,
      now,
      ...identityOf(attempt),
    ),

  fail: (attempt, error, nextAttemptAt) =>
    writing(
      `UPDATE joblib_delivery SET status = ?, error = ?, next_attempt_at = ? ${OF_ATTEMPT}`,
      nextAttemptAt === null ? 'failed' : 'pending',
      error,
      nextAttemptAt,
      ...identityOf(attempt),
    ),

  giveBack: (attempt, now) =>
    writing(`UPDATE joblib_delivery SET attempts = attempts - 1, next_attempt_at = ? ${OF_ATTEMPT}`, now, ...identityOf(attempt)),

  retry: (plugin, deliveryId, now) =>
    writing(
      `UPDATE joblib_delivery SET status = 'pending', attempts = 0, next_attempt_at = ?
       WHERE id = ? AND plugin = ? AND status = 'failed' RETURNING *`,
      now,
      deliveryId,
      plugin,
    ),

  find: (plugin, deliveryId) => reading(`SELECT * FROM joblib_delivery WHERE id = ? AND plugin = ?`, deliveryId, plugin),

  list: (plugin, status, beforeId, limit) =>
    status === null
      ? reading(`SELECT * ${OF_PLUGIN}`, plugin, beforeId ?? BEHIND_ALL, limit)
      : reading(`SELECT * ${OF_STATUS}`, plugin, status, beforeId ?? BEHIND_ALL, limit),

  walk: (plugin, status, beforeId, steps) =>
    status === null
      ? reading(`SELECT count(*) AS length, min(id) AS last_id FROM (SELECT id ${OF_PLUGIN}) recent`, plugin, beforeId ?? BEHIND_ALL, steps)
      : reading(
          `SELECT count(*) AS length, min(id) AS last_id FROM (SELECT id ${OF_STATUS}) recent`,
          plugin,
          status,
          beforeId ?? BEHIND_ALL,
          steps,
        ),

  lastError: (plugin) =>
    reading(`SELECT error FROM joblib_delivery WHERE plugin = ? AND error IS NOT NULL ORDER BY id DESC LIMIT 1`, plugin),

  deleteDeliveredBefore: (before, limit) =>
    writing(
      `DELETE FROM joblib_delivery WHERE id IN
         (SELECT id FROM joblib_delivery WHERE delivered_at < ? ORDER BY delivered_at ${LIMIT}) RETURNING id`,
      before,
      limit,
    ),
};
