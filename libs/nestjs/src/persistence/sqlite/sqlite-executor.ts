import type { Executor } from '../session.js';
import type { Statement } from '../statement.js';
import type { SqliteConnection } from './driver.js';
import { sqliteStatements } from './statements.js';

type Prepared = ReturnType<SqliteConnection['prepare']>;

// Statements are whole and few, so each connection keeps all of them prepared.
const preparedBy = new WeakMap<object, Map<string, Prepared>>();

/** Runs prepared statements on the connection of a session, synchronously: a group of them is one short stop of the thread. */
export class SqliteExecutor implements Executor {
  readonly statements = sqliteStatements;
  readonly #prepared: Map<string, Prepared>;

  constructor(private readonly connection: SqliteConnection) {
    const known = preparedBy.get(connection);
    this.#prepared = known ?? new Map<string, Prepared>();
    if (known === undefined) preparedBy.set(connection, this.#prepared);
  }

  execute<Row>(statements: readonly Statement<Row>[]): Promise<Row[]> {
    return new Promise((resolve) => {
      const [first] = statements;
      resolve(first !== undefined && statements.length === 1 ? this.#run(first) : statements.flatMap((statement) => this.#run(statement)));
    });
  }

  #run<Row>({ sql, values }: Statement<Row>): Row[] {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      prepared = this.connection.prepare(sql);
      this.#prepared.set(sql, prepared);
    }
    if (prepared.reader) return prepared.all(...values) as Row[];
    prepared.run(...values);
    return [];
  }
}
