import { postgresDataSourceOptions, sqliteDataSourceOptions } from '@joblib/nestjs';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { ConfigError } from '../config/config-error.js';
import { withoutPassword } from '../config/database-url.js';
import type { ServiceConfig } from '../config/service-config.js';

/**
 * The database for the library, which opens, migrates and closes it.
 * @param file where the SQLite database really is, `:memory:` for none.
 * @throws ConfigError when it may not be migrated and would have to be.
 */
export async function dataSourceOf(config: ServiceConfig, file: string): Promise<DataSource> {
  const { database, databasePoolSize, migrate } = config;
  const isPostgres = database.engine === 'postgres';
  const options = isPostgres ? postgresDataSourceOptions(database.url, databasePoolSize) : sqliteDataSourceOptions(file);
  if (!migrate) await refuseOldSchema(options, isPostgres ? withoutPassword(database.url) : file);
  return new DataSource(options);
}

async function refuseOldSchema(options: DataSourceOptions, name: string): Promise<void> {
  const dataSource = await new DataSource(options).initialize();
  try {
    if (!(await dataSource.showMigrations())) return;
  } finally {
    await dataSource.destroy();
  }
  throw new ConfigError(`DATABASE_MIGRATE is 'off', and the schema of '${name}' is not up to date; start once with DATABASE_MIGRATE=on.`);
}
