import { reading, writing } from '../statement.js';
import type { ProviderStatements } from '../statements.js';
import { LIMIT } from './limit.js';

const OF_ROOMS = `FROM joblib_provider WHERE room_id IN (SELECT value FROM json_each(?))`;

const FIND_BY_NAME = `SELECT * FROM joblib_provider WHERE room_id = ? AND category = ? AND name = ?`;

export const sqliteProviderStatements: ProviderStatements = {
  insert: ({ id, roomId, category, name, schema, contentType, userId, workerId, registrationId, createdAt }) =>
    writing(
      `INSERT INTO joblib_provider
         (id, room_id, category, name, schema, content_type, user_id, worker_id, registration_id, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
      `UPDATE joblib_provider SET schema = ?, content_type = ?, user_id = ?, worker_id = ?, registration_id = ? WHERE id = ?`,
      schema,
      contentType,
      userId,
      workerId,
      registrationId,
      id,
    ),

  findByName: ({ roomId, category, name }) => reading(FIND_BY_NAME, roomId, category, name),

  findByNames: (names) => names.map(({ roomId, category, name }) => reading(FIND_BY_NAME, roomId, category, name)),

  findById: (providerId) => reading(`SELECT * FROM joblib_provider WHERE id = ?`, providerId),

  delete: (providerId) => writing(`DELETE FROM joblib_provider WHERE id = ? RETURNING *`, providerId),

  deleteOfWorker: (workerId) => writing(`DELETE FROM joblib_provider WHERE worker_id = ? RETURNING *`, workerId),

  list: (roomIds, { limit, offset }) =>
    reading(`SELECT * ${OF_ROOMS} ORDER BY id DESC ${LIMIT} OFFSET ?`, JSON.stringify(roomIds), limit, offset),

  count: (roomIds) => reading(`SELECT count(*) AS total ${OF_ROOMS}`, JSON.stringify(roomIds)),
};
