import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { postgresDataSourceOptions, sqliteDataSourceOptions } from '@joblib/nestjs';
import type { DataSourceOptions } from 'typeorm';

import { createPostgresDatabase } from './postgres-databases.js';

/** Somewhere for servers to keep their rows. */
export interface TestDatabase {
  /** Of a new DataSource for it. */
  options(): DataSourceOptions;
  /** After everything that used it is closed. */
  remove(): Promise<void>;
}

/** Whether this run of a file is the one on PostgreSQL; the configuration of the test runner says so. */
export const isOnPostgres = (globalThis as { testDatabase?: string }).testDatabase === 'PostgreSQL';

/** One that is there until it is removed, also while no server uses it. */
export async function lastingDatabase(): Promise<TestDatabase> {
  if (isOnPostgres) return postgresDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'joblib-'));
  return {
    options: () => sqliteDataSourceOptions(join(folder, 'joblib.sqlite')),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** One for a single server, as long as it runs. */
export async function passingDatabase(): Promise<TestDatabase> {
  if (isOnPostgres) return postgresDatabase();
  return { options: () => sqliteDataSourceOptions(':memory:'), remove: () => Promise.resolve() };
}

async function postgresDatabase(): Promise<TestDatabase> {
  const { url, drop } = await createPostgresDatabase();
  return { options: () => postgresDataSourceOptions(url), remove: drop };
}
