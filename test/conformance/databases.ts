import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DataSource } from 'typeorm';

import { sessionMakerFor, sqliteDataSourceOptions } from '../../libs/nestjs/src/persistence/index.js';
import { SqliteConnection } from '../../libs/nestjs/src/persistence/sqlite/driver.js';
import { sqliteStatements } from '../../libs/nestjs/src/persistence/sqlite/statements.js';
import type { Statement } from '../../libs/nestjs/src/persistence/statement.js';
import type { Statements } from '../../libs/nestjs/src/persistence/statements.js';
import type { SessionMaker } from '../../libs/nestjs/src/ports/index.js';

/** How a database would run a statement. */
export interface Plan {
  /** Names of the indexes that it seeks in; `primary key` stands for a table's own. */
  readonly indexes: readonly string[];
  /** Names or aliases of the tables (not of bounded parts of them) that it reads from one end to the other, through an index or not. */
  readonly scanned: readonly string[];
  /** Whether it sorts rows rather than reading them in order. */
  readonly sorts: boolean;
}

/** An empty database with the library's tables. */
export interface OpenDatabase {
  readonly dataSource: DataSource;
  readonly sessionMaker: SessionMaker;
  readonly statements: Statements;
  plan(statement: Statement): Promise<Plan>;
  close(): Promise<void>;
}

/** A way in which writing stops to work for a while. */
export interface Outage {
  readonly name: string;
  /** Resolves to the function that ends it. */
  begin(database: OpenDatabase): Promise<() => Promise<void>>;
}

/** A kind of database that every store has to work with. */
export interface DatabaseKind {
  readonly name: string;
  open(): Promise<OpenDatabase>;
  readonly outages: readonly Outage[];
}

/** Every kind there is; the suites of this folder run on each. */
export const databases: readonly DatabaseKind[] = [
  {
    name: 'SQLite',
    open: openSqlite,
    outages: [
      { name: 'a full disk', begin: (database) => pragmaWhile(database, 'max_page_count = 1', 'max_page_count = 1073741823') },
      { name: 'a read-only file', begin: (database) => pragmaWhile(database, 'query_only = 1', 'query_only = 0') },
      { name: 'another writer', begin: occupySqlite },
    ],
  },
];

async function openSqlite(): Promise<OpenDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'joblib-'));
  const dataSource = new DataSource(sqliteDataSourceOptions(join(folder, 'joblib.sqlite')));
  await dataSource.initialize();
  await dataSource.runMigrations();
  return {
    dataSource,
    sessionMaker: sessionMakerFor(dataSource),
    statements: sqliteStatements,
    plan: (statement) => sqlitePlan(dataSource, statement),
    async close() {
      await dataSource.destroy();
      await rm(folder, { recursive: true });
    },
  };
}

async function sqlitePlan(dataSource: DataSource, { sql, values }: Statement): Promise<Plan> {
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

async function occupySqlite({ dataSource }: OpenDatabase): Promise<() => Promise<void>> {
  await dataSource.query('PRAGMA busy_timeout = 0');
  const other = new SqliteConnection(String(dataSource.options.database));
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('ROLLBACK');
    other.close();
    return Promise.resolve();
  };
}
