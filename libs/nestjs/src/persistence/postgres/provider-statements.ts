import { reading, writing } from '../statement.js';
import type { ProviderStatements, RowLock } from '../statements.js';
import { LOCKS } from './locks.js';

const OF_ROOMS = `FROM joblib_provider WHERE room_id = ANY($1::text[])`;

const FIND_BY_NAME = (lock: RowLock): string =>
  `SELECT * FROM joblib_provider WHERE room_id = $1 AND category = $2 AND name = $3 ${LOCKS[lock]}`;

export const postgresProviderStatements: ProviderStatements = {
  insert: ({ id, roomId, category, name, schema, contentType, userId, workerId, registrationId, createdAt }) =>
    writing(
      `INSERT INTO joblib_provider
         (id, room_id, category, name, schema, content_type, user_id, worker_id, registration_id, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (room_id, category, name) DO NOTHING RETURNING id`,
      id,
      roomId,
      category,
      name,
      schema,
      contentType,
      userId,
      workerId,
      registrationId,
      createdAt,
    ),

  update: ({ id, schema, contentType, userId, workerId, registrationId }) =>
    writing(
      `UPDATE joblib_provider SET schema = $1, content_type = $2, user_id = $3, worker_id = $4, registration_id = $5 WHERE id = $6`,
      schema,
      contentType,
      userId,
      workerId,
      registrationId,
      id,
    ),

  findByName: ({ roomId, category, name }, lock) => reading(FIND_BY_NAME(lock), roomId, category, name),

  findByNames: (names) => [
    reading(
      `SELECT provider.* FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (room_id, category, name)
       JOIN joblib_provider provider USING (room_id, category, name)`,
      names.map(({ roomId }) => roomId),
      names.map(({ category }) => category),
      names.map(({ name }) => name),
    ),
  ],

  findById: (providerId) => reading(`SELECT * FROM joblib_provider WHERE id = $1`, providerId),

  delete: (providerId) => writing(`DELETE FROM joblib_provider WHERE id = $1 RETURNING *`, providerId),

  deleteOfWorker: (workerId) => writing(`DELETE FROM joblib_provider WHERE worker_id = $1 RETURNING *`, workerId),

  list: (roomIds, { limit, offset }) => reading(`SELECT * ${OF_ROOMS} ORDER BY id DESC LIMIT $2 OFFSET $3`, roomIds, limit, offset),

  count: (roomIds) => reading(`SELECT count(*) AS total ${OF_ROOMS}`, roomIds),
};
