import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';

import type { Executor } from '../session.js';
import type { Statement } from '../statement.js';
import { postgresStatements } from './statements.js';

/** A connection of `pg`, as far as it is used here. */
export interface PostgresConnection {
  query(config: string | PreparedQuery): Promise<{ readonly rows: unknown[]; readonly command: string }>;
  /** The protocol below it, which not everything that looks like a connection has. */
  readonly connection?: { readonly stream?: Pick<Writable, 'cork' | 'uncork'> };
}

/**
 * Lets what is asked from now on, until nothing more happens without waiting, leave in one write: with several the database would be woken
 * for each, which costs more than most statements do.
 */
export function gatherWrites({ connection }: PostgresConnection): void {
  const stream = connection?.stream;
  if (stream === undefined) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

interface PreparedQuery {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
  readonly types: { getTypeParser(oid: number): (text: string) => unknown };
}

const BOOLEAN_OID = 16;
const NUMBER_OIDS = new Set([20, 21, 23]);

// Times and counts fit a double; everything else is text.
const TYPES: PreparedQuery['types'] = {
  getTypeParser: (oid) => {
    if (NUMBER_OIDS.has(oid)) return Number;
    return oid === BOOLEAN_OID ? (text) => text === 't' : (text) => text;
  },
};

const names = new Map<string, string>();

/** The same text has the same name everywhere, whoever else prepares statements on the connection. */
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = `joblib_${createHash('sha256').update(sql).digest('base64url').slice(0, 24)}`;
    names.set(sql, name);
  }
  return name;
}

/** Runs prepared statements on the connection of a session. */
export class PostgresExecutor implements Executor {
  readonly statements = postgresStatements;
  readonly isRemote = true;
  #failure: Error | null = null;

  constructor(private readonly connection: PostgresConnection) {}

  async execute<Row>(statements: readonly Statement<Row>[]): Promise<Row[]> {
    gatherWrites(this.connection);
    const [first] = statements;
    if (first !== undefined && statements.length === 1) return this.#run(first);
    return (await Promise.all(statements.map((statement) => this.#run(statement)))).flat();
  }

  async #run<Row>({ sql, values, returns }: Statement<Row>): Promise<Row[]> {
    try {
      const { rows } = await this.connection.query({ name: nameOf(sql), text: sql, values: [...values], types: TYPES });
      return returns ? (rows as Row[]) : [];
    } catch (error) {
      // What comes after the first failure of a transaction fails because of it, and says nothing new.
      throw (this.#failure ??= error as Error);
    }
  }
}
