import { sqliteDataSourceOptions } from '@joblib/nestjs';
import { DataSource } from 'typeorm';
import { ConfigError } from '../config/config-error.js';

/**
 * The database for the library, which opens, migrates and closes it.
 * @param path a file, or `:memory:`.
 * @throws ConfigError when it may not be migrated and would have to be.
 */
export async function dataSourceAt(path: string, mayMigrate: boolean): Promise<DataSource> {
  if (!mayMigrate) await refuseOldSchema(path);
  return new DataSource(sqliteDataSourceOptions(path));
}

async function refuseOldSchema(path: string): Promise<void> {
  const dataSource = await new DataSource(sqliteDataSourceOptions(path)).initialize();
  try {
    if (!(await dataSource.showMigrations())) return;
  } finally {
    await dataSource.destroy();
  }
  throw new ConfigError(`DATABASE_MIGRATE is 'off', and the schema of '${path}' is not up to date; start once with DATABASE_MIGRATE=on.`);
}
