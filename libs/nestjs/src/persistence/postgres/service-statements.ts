import type { ServiceStatements } from '../service-statements.js';
import { reading, writing } from '../statement.js';

export const postgresServiceStatements: ServiceStatements = {
  announce: (services) => [
    writing(
      `INSERT INTO joblib_service (server_id, name, position, kind, state, health, restarts, started_at, last_error, requires, jobs, server,
         announced_at, left_at)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::bigint[],
         $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[])
       ON CONFLICT (server_id, name) DO UPDATE SET position = excluded.position, kind = excluded.kind, state = excluded.state,
         health = excluded.health, restarts = excluded.restarts, started_at = excluded.started_at, last_error = excluded.last_error,
         requires = excluded.requires, jobs = excluded.jobs, server = excluded.server, announced_at = excluded.announced_at,
         left_at = excluded.left_at`,
      services.map(({ serverId }) => serverId),
      services.map(({ name }) => name),
      services.map(({ position }) => position),
      services.map(({ kind }) => kind),
      services.map(({ state }) => state),
      services.map(({ health }) => health),
      services.map(({ restarts }) => restarts),
      services.map(({ startedAt }) => startedAt),
      services.map(({ lastError }) => lastError),
      services.map(({ requires }) => JSON.stringify(requires)),
      services.map(({ jobs }) => JSON.stringify(jobs)),
      services.map(({ server }) => server),
      services.map(({ announcedAt }) => announcedAt),
      services.map(({ leftAt }) => leftAt),
    ),
  ],

  renew: (serverId, now) => writing(`UPDATE joblib_service SET announced_at = $2 WHERE server_id = $1`, serverId, now),

  all: () => reading(`SELECT * FROM joblib_service`),

  request: ({ serverId, name }, verb, states, since) =>
    writing(
      `UPDATE joblib_service SET requested = $3
       WHERE server_id = $1 AND name = $2 AND state = ANY($4::text[]) AND requested IS NULL AND announced_at >= $5 AND left_at IS NULL
       RETURNING server_id, name`,
      serverId,
      name,
      verb,
      states,
      since,
    ),

  take: (serverId, name, verb) =>
    writing(
      `UPDATE joblib_service SET requested = NULL WHERE server_id = $1 AND name = $2 AND requested = $3 RETURNING server_id, name`,
      serverId,
      name,
      verb,
    ),

  deleteOfServer: (serverId, before) =>
    writing(
      `DELETE FROM joblib_service WHERE server_id = $1 AND (announced_at < $2 OR left_at IS NOT NULL) RETURNING server_id, name`,
      serverId,
      before,
    ),

  deleteAnnouncedBefore: (before) => writing(`DELETE FROM joblib_service WHERE announced_at < $1 RETURNING server_id, name`, before),

  deleteAllBut: (serverId) => writing(`DELETE FROM joblib_service WHERE server_id <> $1`, serverId),
};
