import { randomUUID } from 'node:crypto';

import { postgresDataSourceOptions } from '@joblib/nestjs';
import pg from 'pg';
import { DataSource } from 'typeorm';

const env = process.env;

/** A database of its own on the server of this test run. */
export interface PostgresDatabase {
  readonly url: string;
  /** Ends whatever connections it still has. */
  drop(): Promise<void>;
}

let template: Promise<string> | undefined;

/** An empty database with the library's tables, copied from one that is migrated once in a test run. */
export async function createPostgresDatabase(): Promise<PostgresDatabase> {
  template ??= onServer(async (server) => {
    const name = `${namesOfThisRun()}_template`;
    if (!(await exists(server, name))) await migrateOnce(server, name);
    return name;
  });
  return createCopyOf(await template);
}

/** An empty database without any table. */
export function createBarePostgresDatabase(): Promise<PostgresDatabase> {
  return createCopyOf('template1');
}

async function createCopyOf(original: string): Promise<PostgresDatabase> {
  const name = `${namesOfThisRun()}_${randomUUID()}`;
  await onServer((server) => server.query(`CREATE DATABASE "${name}" TEMPLATE "${original}"`));
  return {
    url: urlOf(name),
    drop: () => onServer((server) => server.query(`DROP DATABASE "${name}" WITH (FORCE)`)).then(() => undefined),
  };
}

/** Test files run side by side; the first to come makes the template, under a name that nobody copies until it is complete. */
async function migrateOnce(server: pg.Client, name: string): Promise<void> {
  await server.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
  if (await exists(server, name)) return;
  const unfinished = `${name}_unfinished`;
  await server.query(`CREATE DATABASE "${unfinished}"`);
  const dataSource = await new DataSource(postgresDataSourceOptions(urlOf(unfinished))).initialize();
  try {
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
  await server.query(`ALTER DATABASE "${unfinished}" RENAME TO "${name}"`);
}

async function exists(server: pg.Client, name: string): Promise<boolean> {
  return (await server.query('SELECT FROM pg_database WHERE datname = $1', [name])).rowCount === 1;
}

async function onServer<T>(work: (server: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  return Object.assign(new URL(serverUrl()), { pathname: `/${database}` }).href;
}

function serverUrl(): string {
  const url = env['JOBLIB_TEST_POSTGRES_URL'];
  if (url === undefined) throw new Error(`There is no PostgreSQL for tests: ${env['JOBLIB_TEST_POSTGRES_MISSING']}.`);
  return url;
}

function namesOfThisRun(): string {
  return env['JOBLIB_TEST_POSTGRES_NAMES'] ?? 'joblib_test';
}
