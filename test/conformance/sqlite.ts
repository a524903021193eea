import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DataSource } from 'typeorm';

import { sessionMakerFor, sqliteDataSourceOptions } from '../../libs/nestjs/src/persistence/index.js';
import { SqliteConnection } from '../../libs/nestjs/src/persistence/sqlite/driver.js';
import { sqliteStatements } from '../../libs/nestjs/src/persistence/sqlite/statements.js';
import type { Statement } from '../../libs/nestjs/src/persistence/statement.js';
import type { DatabaseKind, OpenDatabase, Outage, Plan } from './open-database.js';

/** The embedded database, in a file of its own. */
export const sqlite: DatabaseKind = {
  name: 'SQLite',
  open,
  outages: [
    outage('a full disk', (database) => pragmaWhile(database, 'max_page_count = 1', 'max_page_count = 1073741823')),
    outage('a read-only file', (database) => pragmaWhile(database, 'query_only = 1', 'query_only = 0')),
    outage('another writer', occupy),
  ],
};

function outage(name: string, begin: (database: OpenDatabase) => Promise<() => Promise<void>>): Outage {
  return {
    name,
    isReadable: true,
    async open() {
      const database = await open();
      return { database, begin: () => begin(database) };
    },
  };
}

async function open(): Promise<OpenDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'joblib-'));
  const dataSource = new DataSource(sqliteDataSourceOptions(join(folder, 'joblib.sqlite')));
  await dataSource.initialize();
  await dataSource.runMigrations();
  return {
    dataSource,
    sessionMaker: sessionMakerFor(dataSource),
    statements: sqliteStatements,
    plans: async (statement) => [await plan(dataSource, statement)],
    async close() {
      await dataSource.destroy();
      await rm(folder, { recursive: true });
    },
  };
}

async function plan(dataSource: DataSource, { sql, values }: Statement): Promise<Plan> {
  const steps: { detail: string }[] = await dataSource.query(`EXPLAIN QUERY PLAN ${sql}`, [...values]);
  const details = steps.map(({ detail }) => detail);
  const found = (pattern: RegExp): string[] => details.flatMap((detail) => pattern.exec(detail)?.[1] ?? []);
  return {
    indexes: found(/^SEARCH .*? (INDEX \S+|PRIMARY KEY)/).map((name) =>
      /autoindex|KEY/.test(name) ? 'primary key' : name.slice('INDEX '.length),
    ),
    scanned: found(/^SCAN (\w+)/).filter((name) => !['CONSTANT', 'json_each', 'wanted', 'recent'].includes(name)),
    sorts: details.some((detail) => detail.startsWith('USE TEMP B-TREE')),
  };
}

async function pragmaWhile({ dataSource }: OpenDatabase, begin: string, end: string): Promise<() => Promise<void>> {
  await dataSource.query(`PRAGMA ${begin}`);
  return async () => {
    await dataSource.query(`PRAGMA ${end}`);
  };
}

async function occupy({ dataSource }: OpenDatabase): Promise<() => Promise<void>> {
  await dataSource.query('PRAGMA busy_timeout = 0');
  const other = new SqliteConnection(String(dataSource.options.database));
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('ROLLBACK');
    other.close();
    return Promise.resolve();
  };
}
