import type { DataSource } from 'typeorm';

/** Names of the library's tables, those without an entity included. */
const TABLES = {
  sqlite: `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'joblib~_%' ESCAPE '~'`,
  postgres: `SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() AND tablename LIKE 'joblib~_%' ESCAPE '~'`,
};

/** What a running server has to find there again. */
const KEPT = ['joblib_lease', 'joblib_migration', 'joblib_plugin'];

/** Every row of every table, in an order of their own. On SQLite only while nothing is asked of the server: it uses the same connection. */
export async function contentsOf(dataSource: DataSource): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {};
  for (const name of await tablesOf(dataSource)) {
    const all = await dataSource.query<unknown[]>(`SELECT * FROM ${name}`);
    rows[name] = all.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  }
  return rows;
}

/** As if nobody had ever asked the server for anything. Only while nobody does; what it keeps in memory goes by ids that never come again. */
export async function emptyTables(dataSource: DataSource): Promise<void> {
  const names = (await tablesOf(dataSource)).filter((name) => !KEPT.includes(name));
  const statements = names.map((name) => `DELETE FROM ${name}`);
  // PostgreSQL takes them in one go; SQLite has no way to go.
  if (dataSource.options.type === 'postgres') await dataSource.query(statements.join('; '));
  else for (const statement of statements) await dataSource.query(statement);
}

async function tablesOf(dataSource: DataSource): Promise<string[]> {
  const sql = TABLES[dataSource.options.type === 'postgres' ? 'postgres' : 'sqlite'];
  return (await dataSource.query<{ name: string }[]>(sql)).map(({ name }) => name);
}
