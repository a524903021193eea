import type { ServiceStatements } from '../service-statements.js';
import { reading, writing } from '../statement.js';

export const sqliteServiceStatements: ServiceStatements = {
  announce: (services) =>
    services.map((service) =>
      writing(
        `INSERT INTO joblib_service (server_id, name, position, kind, state, health, restarts, started_at, last_error, requires, jobs, server,
           announced_at, left_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (server_id, name) DO UPDATE SET position = excluded.position, kind = excluded.kind, state = excluded.state,
           health = excluded.health, restarts = excluded.restarts, started_at = excluded.started_at, last_error = excluded.last_error,
           requires = excluded.requires, jobs = excluded.jobs, server = excluded.server, announced_at = excluded.announced_at,
           left_at = excluded.left_at`,
        service.serverId,
        service.name,
        service.position,
        service.kind,
        service.state,
        service.health,
        service.restarts,
        service.startedAt,
        service.lastError,
        JSON.stringify(service.requires),
        JSON.stringify(service.jobs),
        service.server,
        service.announcedAt,
        service.leftAt,
      ),
    ),

  renew: (serverId, now) => writing(`UPDATE joblib_service SET announced_at = ? WHERE server_id = ?`, now, serverId),

  all: () => reading(`SELECT * FROM joblib_service`),

  request: ({ serverId, name }, verb, states, since) =>
    writing(
      `UPDATE joblib_service SET requested = ?
       WHERE server_id = ? AND name = ? AND state IN (SELECT value FROM json_each(?)) AND requested IS NULL AND announced_at >= ?
         AND left_at IS NULL
       RETURNING server_id, name`,
      verb,
      serverId,
      name,
      JSON.stringify(states),
      since,
    ),

  take: (serverId, name, verb) =>
    writing(
      `UPDATE joblib_service SET requested = NULL WHERE server_id = ? AND name = ? AND requested = ? RETURNING server_id, name`,
      serverId,
      name,
      verb,
    ),

  deleteOfServer: (serverId, before) =>
    writing(
      `DELETE FROM joblib_service WHERE server_id = ? AND (announced_at < ? OR left_at IS NOT NULL) RETURNING server_id, name`,
      serverId,
      before,
    ),

  deleteAnnouncedBefore: (before) => writing(`DELETE FROM joblib_service WHERE announced_at < ? RETURNING server_id, name`, before),

  deleteAllBut: (serverId) => writing(`DELETE FROM joblib_service WHERE server_id <> ?`, serverId),
};
