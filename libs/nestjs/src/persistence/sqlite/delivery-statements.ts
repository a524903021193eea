import type { Attempt, DeliveryStatements } from '../delivery-statements.js';
import { reading, writing } from '../statement.js';
import type { SqlValue } from '../statement.js';

const OF_PLUGIN = { all: `FROM joblib_delivery WHERE plugin = ?`, one: `FROM joblib_delivery WHERE plugin = ? AND status = ?` };

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

  putOut: (taskIds) => taskIds.map((taskId) => writing(`INSERT INTO joblib_outbox (task_id) VALUES (?) ON CONFLICT DO NOTHING`, taskId)),

  takeOut: (limit) =>
    writing(
      `DELETE FROM joblib_outbox WHERE task_id IN (SELECT task_id FROM joblib_outbox ORDER BY task_id LIMIT ?) RETURNING task_id`,
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
         ORDER BY next_attempt_at, id LIMIT ?) RETURNING *`,
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

  list: (plugin, status, { limit, offset }) =>
    status === null
      ? reading(`SELECT * ${OF_PLUGIN.all} ORDER BY id DESC LIMIT ? OFFSET ?`, plugin, limit, offset)
      : reading(`SELECT * ${OF_PLUGIN.one} ORDER BY id DESC LIMIT ? OFFSET ?`, plugin, status, limit, offset),

  count: (plugin, status) =>
    status === null
      ? reading(`SELECT count(*) AS total ${OF_PLUGIN.all}`, plugin)
      : reading(`SELECT count(*) AS total ${OF_PLUGIN.one}`, plugin, status),

  deleteDeliveredBefore: (before, limit) =>
    writing(
      `DELETE FROM joblib_delivery WHERE id IN
         (SELECT id FROM joblib_delivery WHERE delivered_at < ? ORDER BY delivered_at LIMIT ?) RETURNING id`,
      before,
      limit,
    ),
};
