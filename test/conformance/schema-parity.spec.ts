import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';

import { databases } from './databases.js';
import type { OpenDatabase } from './databases.js';

/** SQLite counts tasks as they come and go; the other table is TypeORM's. */
const NOT_COMPARED = ['joblib_task_count', 'joblib_migration'];

/** What the same column is called in SQLite and in the other database. */
const SAME_TYPES = [
  ['varchar', 'uuid'],
  ['text', 'text'],
  ['bigint', 'bigint'],
  ['integer', 'integer'],
] as const;

const INDEXES: Readonly<Record<string, string>> = {
  SQLite: `SELECT name, tbl_name AS "table", sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name`,
  PostgreSQL: `SELECT indexname AS name, tablename AS "table", indexdef AS sql FROM pg_indexes
    WHERE tablename LIKE 'joblib_%' AND indexname NOT LIKE '%_pk' AND tablename <> 'joblib_migration' ORDER BY indexname`,
};

const TABLES: Readonly<Record<string, string>> = {
  SQLite: `SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'joblib_%' ORDER BY name`,
  PostgreSQL: `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'joblib_%' ORDER BY name`,
};

interface Described {
  readonly columns: Readonly<Record<string, { type: string; isNullable: boolean; default: unknown }>>;
  readonly primaryKey: readonly string[];
}

async function tablesOf(kind: string, dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>(TABLES[kind] ?? '');
  return rows.map(({ name }) => name).filter((name) => !NOT_COMPARED.includes(name));
}

async function describeTable(dataSource: DataSource, name: string): Promise<Described> {
  const runner = dataSource.createQueryRunner();
  try {
    const table = await runner.getTable(name);
    if (table === undefined) throw new Error(`There is no table ${name}.`);
    return {
      columns: Object.fromEntries(
        table.columns.map((column) => [column.name, { type: column.type, isNullable: column.isNullable, default: column.default }]),
      ),
      primaryKey: table.primaryColumns.map((column) => column.name),
    };
  } finally {
    await runner.release();
  }
}

interface Index {
  readonly name: string;
  readonly table: string;
  readonly isUnique: boolean;
  /** In order. */
  readonly columns: readonly string[];
  readonly where: readonly string[];
}

async function indexesOf(kind: string, dataSource: DataSource): Promise<Index[]> {
  const rows = await dataSource.query<{ name: string; table: string; sql: string }[]>(INDEXES[kind] ?? '');
  return rows.map(({ name, table, sql }) => {
    const [head = '', condition = ''] = sql.split(' WHERE ');
    const columns = /\(([^)]*)\)$/.exec(head.trim())?.[1] ?? '';
    return {
      name,
      table,
      isUnique: head.includes('UNIQUE'),
      columns: columns.split(',').map((column) => column.replaceAll('"', '').trim()),
      where: wordsOf(condition),
    };
  });
}

/** Names and texts of a condition, which each database writes in its own way. */
function wordsOf(condition: string): string[] {
  return (condition.match(/'[^']*'|\b[a-z_]{3,}\b/g) ?? []).filter((word) => word !== 'text').sort();
}

const [sqlite, ...others] = databases;

const missing = process.env['JOBLIB_TEST_POSTGRES_MISSING'];
const [compare, compared] =
  others.length > 0
    ? [describe, others]
    : [describe.skip, databases.map((kind) => ({ ...kind, name: `PostgreSQL (not tried: ${missing})` }))];

compare.each(compared)('the schema on $name', (kind) => {
  let here: OpenDatabase;
  let there: OpenDatabase;
  beforeAll(async () => {
    if (sqlite === undefined) throw new Error('There is no SQLite.');
    [here, there] = [await sqlite.open(), await kind.open()];
  });
  afterAll(async () => {
    await here.close();
    await there.close();
  });

  it('has the tables that SQLite has', async () => {
    const tables = await tablesOf('SQLite', here.dataSource);
    expect(await tablesOf(kind.name, there.dataSource)).toEqual(tables);
    expect(tables).toEqual(expect.arrayContaining(here.dataSource.entityMetadatas.map(({ tableName }) => tableName)));
  });

  it('has their columns, of the same types, and their keys', async () => {
    for (const name of await tablesOf('SQLite', here.dataSource)) {
      const expected = await describeTable(here.dataSource, name);
      const found = await describeTable(there.dataSource, name);
      const types = Object.entries(expected.columns).map(([column, { type }]) => [type, found.columns[column]?.type]);
      expect(types.filter(([mine, other]) => !SAME_TYPES.some(([left, right]) => left === mine && right === other))).toEqual([]);
      expect({ name, ...withoutTypes(found) }).toEqual({ name, ...withoutTypes(expected) });
    }
  });

  it('has their indexes, over the same columns in the same order, and for the same rows', async () => {
    const indexes = await indexesOf('SQLite', here.dataSource);
    expect(indexes.length).toBeGreaterThan(10);
    expect(await indexesOf(kind.name, there.dataSource)).toEqual(indexes);
  });
});

function withoutTypes({ columns, primaryKey }: Described): object {
  const rest = Object.entries(columns).map(([name, column]) => [name, { isNullable: column.isNullable, default: column.default }]);
  return { primaryKey, columns: Object.fromEntries(rest) };
}
