import type { Executor } from '../session.js';
import type { Statement } from '../statement.js';
import type { RowStatement, SqliteConnection, SqliteValue } from './driver.js';
import { isRowChange } from './row-change.js';
import { sqliteStatements } from './statements.js';
import { TaskCounts, isCounted } from './task-counts.js';

// Statements are whole and few, so each connection keeps all of them prepared.
const preparedBy = new WeakMap<object, Map<string, RowStatement>>();

/** Runs prepared statements on the connection of a session, synchronously: a group of them is one short stop of the thread. */
export class SqliteExecutor implements Executor {
  readonly statements = sqliteStatements;
  readonly isRemote = false;
  readonly #prepared: Map<string, RowStatement>;

  constructor(private readonly connection: SqliteConnection) {
    const known = preparedBy.get(connection);
    this.#prepared = known ?? new Map<string, RowStatement>();
    if (known === undefined) preparedBy.set(connection, this.#prepared);
  }

  execute<Row>(statements: readonly Statement<Row>[]): Promise<Row[]> {
    return new Promise((resolve) => resolve(this.#runAll(statements)));
  }

  #runAll<Row>(statements: readonly Statement<Row>[]): Row[] {
    const answered: Row[] = [];
    let counts: TaskCounts | null = null;
    for (const statement of statements) {
      const rows = this.#run(statement);
      for (const row of rows) answered.push(row);
      if (isCounted(statement)) statement.enter((counts ??= new TaskCounts()), rows);
    }
    for (const statement of counts?.statements() ?? []) this.#run(statement);
    return answered;
  }

  #run<Row>(statement: Statement<Row>): Row[] {
    const prepared = this.#prepare(statement.sql);
    const values = statement.values as readonly SqliteValue[];
    if (!isRowChange(statement)) return prepared.run(values) as Row[];
    return prepared.change(values) ? this.#run(statement.reread) : [];
  }

  #prepare(sql: string): RowStatement {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      prepared = this.connection.prepareRows(sql);
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}
