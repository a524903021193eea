import type { DataSource } from 'typeorm';

import type { SessionMaker } from '../ports/index.js';
import { SqliteSessionMaker } from './sqlite/sqlite-session-maker.js';

/** The default session maker for the DataSource of the module's options. @throws Error naming the databases that are supported. */
export function sessionMakerFor(dataSource: DataSource): SessionMaker {
  if (dataSource.options.type === 'better-sqlite3') return new SqliteSessionMaker(dataSource);
  throw new Error(`The database '${dataSource.options.type}' is not supported: use TypeORM's 'better-sqlite3'.`);
}
