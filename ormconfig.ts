import { postgresDataSourceOptions, sqliteDataSourceOptions } from '@joblib/nestjs';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { parseDatabaseUrl } from './src/config/database-url.js';
import { readEnvironment } from './src/config/environment.js';
import { textOf } from './src/config/variables.js';

const target = parseDatabaseUrl(textOf(readEnvironment(process.cwd()), 'DATABASE_URL') ?? 'sqlite:data/joblib.sqlite');

/** The service's database for TypeORM's command line: `npm run typeorm -- migration:show`. Nothing else of the environment is read. */
export default new DataSource(
  target.engine === 'postgres' ? patientOptions(target.url) : sqliteDataSourceOptions(target.file ?? ':memory:'),
);

/** A migration takes as long as it takes: the limits that a server sets to its statements are left out. */
function patientOptions(url: string): DataSourceOptions {
  return { ...postgresDataSourceOptions(url), extra: {} };
}
