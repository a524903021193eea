import type { QueryRunner } from 'typeorm';

import type { Executor } from './session.js';
import type { SqliteConnection } from './sqlite/driver.js';
import { SqliteExecutor } from './sqlite/sqlite-executor.js';

/** The executor for the dialect of a session. @throws Error naming the databases that are supported. */
export async function executorFor(queryRunner: QueryRunner): Promise<Executor> {
  const { type } = queryRunner.dataSource.options;
  if (type === 'better-sqlite3') return new SqliteExecutor((await queryRunner.connect()) as SqliteConnection);
  throw new Error(`The database '${type}' is not supported: use TypeORM's 'better-sqlite3'.`);
}
