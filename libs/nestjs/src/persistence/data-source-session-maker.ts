import type { DataSource } from 'typeorm';

import type { SessionMaker } from '../ports/index.js';
import { unsupported } from './executors.js';
import { PostgresSessionMaker } from './postgres/postgres-session-maker.js';
import { SqliteSessionMaker } from './sqlite/sqlite-session-maker.js';

/** The default session maker for the DataSource of the module's options. @throws Error naming the databases that are supported. */
export function sessionMakerFor(dataSource: DataSource): SessionMaker {
  const { type } = dataSource.options;
  if (type === 'better-sqlite3') return new SqliteSessionMaker(dataSource);
  if (type === 'postgres') return new PostgresSessionMaker(dataSource);
  throw new Error(unsupported(type));
}
