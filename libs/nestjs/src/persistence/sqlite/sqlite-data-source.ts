import type { DataSourceOptions } from 'typeorm';

import { joblibEntities } from '../entities/index.js';
import { SqliteConnection } from './driver.js';
import { sqliteMigrations } from './migrations/index.js';

/**
 * Options of a DataSource for the embedded database. An answer leaves only after it is on disk: WAL with `synchronous=FULL`.
 * @param path a file, made with its folder when missing, or `:memory:`.
 */
export function sqliteDataSourceOptions(path: string): DataSourceOptions {
  return {
    type: 'better-sqlite3',
    driver: SqliteConnection,
    database: path,
    entities: joblibEntities,
    migrations: sqliteMigrations,
    migrationsTableName: 'joblib_migration',
    prepareDatabase: (connection: SqliteConnection) => {
      connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = FULL');
      connection.pragma('temp_store = MEMORY');
      connection.pragma('cache_size = -65536');
    },
  };
}
