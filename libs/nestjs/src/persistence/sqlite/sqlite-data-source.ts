import type { DataSourceOptions } from 'typeorm';

import { joblibEntities } from '../entities/index.js';
import { SqliteConnection } from './driver.js';
import { sqliteMigrations } from './migrations/index.js';

/** How long a foreign writer on the file, a backup for example, is waited for. The wait stops everything else: rather refuse, with 503. */
const BUSY_TIMEOUT_MS = 250;

/**
 * Pages in the log before they are written to the file itself: 16 MiB. Busy pages are changed by every group, and written there once for
 * all of them.
 */
const CHECKPOINT_PAGES = 4000;

/**
 * KiB of pages kept in memory. Whenever a group has moved entries between pages, SQLite looks through all of them at its COMMIT: with 64 MiB
 * a twentieth of the processor time under load. What is not here is read from the operating system's cache.
 */
const CACHE_KIB = 8192;

/**
 * Options of a DataSource for the embedded database. An answer leaves only after it is on disk: WAL with `synchronous=FULL`.
 * @param path a file, made with its folder when missing, or `:memory:`.
 */
export function sqliteDataSourceOptions(path: string): DataSourceOptions {
  return {
    type: 'better-sqlite3',
    driver: SqliteConnection,
    timeout: BUSY_TIMEOUT_MS,
    database: path,
    entities: joblibEntities,
    migrations: sqliteMigrations,
    migrationsTableName: 'joblib_migration',
    prepareDatabase: (connection: SqliteConnection) => {
      connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = FULL');
      connection.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      connection.pragma('temp_store = MEMORY');
      connection.pragma(`cache_size = -${CACHE_KIB}`);
    },
  };
}
