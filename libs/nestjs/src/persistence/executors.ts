import type { QueryRunner } from 'typeorm';

import { PostgresExecutor } from './postgres/postgres-executor.js';
import type { PostgresConnection } from './postgres/postgres-executor.js';
import type { Executor } from './session.js';
import type { SqliteConnection } from './sqlite/driver.js';
import { SqliteExecutor } from './sqlite/sqlite-executor.js';

/** The executor for the dialect of a session. @throws Error naming the databases that are supported. */
export async function executorFor(queryRunner: QueryRunner): Promise<Executor> {
  const { type } = queryRunner.dataSource.options;
  if (type === 'better-sqlite3') return new SqliteExecutor((await queryRunner.connect()) as SqliteConnection);
  if (type === 'postgres') return new PostgresExecutor((await queryRunner.connect()) as PostgresConnection);
  throw new Error(unsupported(type));
}

export function unsupported(type: string): string {
  return `The database '${type}' is not supported: use TypeORM's 'postgres' or 'better-sqlite3'.`;
}
