import { createRequire } from 'node:module';

/** What `node:sqlite` and `@photostructure/sqlite` have in common, as far as it is used here. */
export interface SqliteModule {
  readonly DatabaseSync: new (path: string, options?: { open?: boolean; readOnly?: boolean; timeout?: number }) => SqliteDatabase;
}

export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  close(): void;
}

export interface SqliteStatement {
  all(...values: SqliteValue[]): Record<string, SqliteValue>[];
  run(...values: SqliteValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  columns(): { readonly name: string }[];
  /** From now on `all` answers arrays. */
  setReturnArrays(enabled: boolean): void;
}

export type SqliteValue = string | number | bigint | null | Uint8Array;

/** SQLite without anything to compile: built into Node from 22.16 on, from a package with ready binaries before. */
export function loadSqliteModule(): SqliteModule {
  const require = createRequire(import.meta.url);
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isBuiltIn = major > 22 || (major === 22 && minor >= 16);
  return require(isBuiltIn ? 'node:sqlite' : '@photostructure/sqlite') as SqliteModule;
}

interface BetterSqlite3Options {
  readonly readonly?: boolean;
  readonly fileMustExist?: boolean;
  readonly timeout?: number;
}

/** A prepared statement with the interface of better-sqlite3 that TypeORM expects. */
class PreparedStatement {
  /** Whether it answers rows. */
  readonly reader: boolean;

  constructor(private readonly statement: SqliteStatement) {
    this.reader = statement.columns().length > 0;
  }

  all(...values: SqliteValue[]): Record<string, SqliteValue>[] {
    return this.statement.all(...values);
  }

  run(...values: SqliteValue[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return this.statement.run(...values);
  }
}

type ToRow = (cells: readonly SqliteValue[]) => Record<string, SqliteValue>;

/**
 * A prepared statement for statements that run all the time. Rows cross over from the driver as arrays and become objects of one
 * shape here, which costs half of what objects made by the driver do.
 */
export class RowStatement {
  /** `null` when it answers no rows. */
  readonly #toRow: ToRow | null;

  constructor(private readonly statement: SqliteStatement) {
    const columns = statement.columns().map(({ name }) => name);
    this.#toRow = columns.length === 0 ? null : rowMaker(columns);
    if (this.#toRow !== null) statement.setReturnArrays(true);
  }

  /** The rows that it answers; none when it is no query and returns nothing. */
  run(values: readonly SqliteValue[]): Record<string, SqliteValue>[] {
    if (this.#toRow !== null) return (this.statement.all(...values) as unknown as SqliteValue[][]).map(this.#toRow);
    this.statement.run(...values);
    return [];
  }

  /** Whether it changes anything; for one that answers no rows. */
  change(values: readonly SqliteValue[]): boolean {
    return Number(this.statement.run(...values).changes) > 0;
  }
}

/** Written as code for just these columns: set one by one by their names, seventeen cost several times as much. */
function rowMaker(columns: readonly string[]): ToRow {
  const members = columns.map((name, index) => `${JSON.stringify(name)}: cells[${index}]`);
  return new Function('cells', `return {${members.join(', ')}};`) as ToRow;
}

/**
 * A connection with the interface of better-sqlite3, for the `driver` option of TypeORM's `better-sqlite3` type.
 * Only what TypeORM and this library call is there.
 */
export class SqliteConnection {
  readonly #database: SqliteDatabase;

  constructor(path: string, options: BetterSqlite3Options = {}) {
    const { DatabaseSync } = loadSqliteModule();
    this.#database = new DatabaseSync(path, { readOnly: options.readonly ?? false, timeout: options.timeout ?? 5000 });
  }

  prepare(sql: string): PreparedStatement {
    return new PreparedStatement(this.#database.prepare(sql));
  }

  prepareRows(sql: string): RowStatement {
    return new RowStatement(this.#database.prepare(sql));
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  pragma(text: string): Record<string, SqliteValue>[] {
    return this.#database.prepare(`PRAGMA ${text}`).all();
  }

  close(): void {
    try {
      // Statements that nobody finalized keep SQLite from doing this by itself: a copy of the file alone is to be complete.
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // On a full or read-only disk the log stays, and is read when the file is opened again.
    } finally {
      this.#database.close();
    }
  }
}
