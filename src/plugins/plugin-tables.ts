import type { SessionMaker } from '@joblib/nestjs';
import type { PluginColumnType, PluginRow, PluginTable, PluginTableDefinition } from '@joblib/plugins';
import { Table } from 'typeorm';
import type { QueryRunner } from 'typeorm';

/** The same words in both databases; `real` alone would be half as exact in PostgreSQL. */
const COLUMN_TYPES: Readonly<Record<PluginColumnType, string>> = { text: 'text', integer: 'integer', real: 'double precision' };

/** Rows in one transaction: tasks wait for no more than that on SQLite, and its limit of bound values is far. */
const ROWS_PER_TRANSACTION = 200;

/** Tables of plugins beside the library's own. */
export class PluginTables {
  readonly #opened = new Map<string, Promise<PluginTable>>();

  constructor(private readonly sessions: SessionMaker) {}

  /** Looks, or makes it, once; a failure is looked at again. @throws Error when the table lacks a column. */
  open(definition: PluginTableDefinition): Promise<PluginTable> {
    const { name } = definition;
    const opened = this.#opened.get(name) ?? this.#open(definition);
    this.#opened.set(name, opened);
    opened.catch(() => this.#opened.delete(name));
    return opened;
  }

  async #open(definition: PluginTableDefinition): Promise<PluginTable> {
    try {
      await this.#makeIfMissing(definition);
    } catch (error) {
      // Another server may have been quicker.
      if ((await this.#find(definition.name)) === undefined) throw error;
    }
    assertColumns(definition, await this.#find(definition.name));
    return { insertNew: (rows) => this.#insertNew(definition, rows) };
  }

  #makeIfMissing(definition: PluginTableDefinition): Promise<void> {
    return this.sessions.transaction(async (session) => {
      if ((await session.getTable(definition.name)) === undefined) await session.createTable(tableOf(definition));
    });
  }

  #find(name: string): Promise<Table | undefined> {
    return this.sessions.read((session) => session.getTable(name));
  }

  async #insertNew(definition: PluginTableDefinition, rows: readonly PluginRow[]): Promise<void> {
    try {
      for (let start = 0; start < rows.length; start += ROWS_PER_TRANSACTION) {
        const group = rows.slice(start, start + ROWS_PER_TRANSACTION);
        await this.sessions.transaction((session) => insertGroup(session, definition, group));
      }
    } catch (error) {
      // It may have been dropped: the next time it is looked for.
      this.#opened.delete(definition.name);
      throw error;
    }
  }
}

function tableOf({ name, columns, primaryKey }: PluginTableDefinition): Table {
  return new Table({
    name,
    columns: Object.entries(columns).map(([column, type]) => {
      const isPrimary = primaryKey.includes(column);
      return { name: column, type: COLUMN_TYPES[type], isPrimary, isNullable: !isPrimary };
    }),
  });
}

function assertColumns({ name, columns }: PluginTableDefinition, table: Table | undefined): void {
  const missing = Object.keys(columns).filter((column) => table?.findColumnByName(column) === undefined);
  if (missing.length > 0) throw new Error(`The table ${name} is there and is another one: it has no column ${missing.join(', ')}.`);
}

async function insertGroup(session: QueryRunner, { name, columns }: PluginTableDefinition, rows: readonly PluginRow[]): Promise<void> {
  const names = Object.keys(columns);
  const insert = session.manager.createQueryBuilder().insert().into(name, names);
  // In the order of the columns: TypeORM takes the values of a table that is no entity in that of their keys.
  const ordered = rows.map((row) => Object.fromEntries(names.map((column) => [column, storable(row[column] ?? null)])));
  await insert.values(ordered).orIgnore().execute();
}

/** PostgreSQL has no U+0000 in its texts. */
function storable(value: string | number | null): string | number | null {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}
