import { ConfigError } from './config-error.js';

/** Where the data lives. */
export type DatabaseTarget = SqliteTarget | PostgresTarget;

export interface SqliteTarget {
  readonly engine: 'sqlite';
  /** A path as it was given, or `null` for a database in memory that ends with the process. */
  readonly file: string | null;
}

export interface PostgresTarget {
  readonly engine: 'postgres';
  /** With its password. */
  readonly url: string;
}

/**
 * Reads `sqlite:<path>`, `sqlite::memory:` or `postgres://<user>:<password>@<host>:<port>/<database>`.
 * @throws ConfigError for everything else; passwords are not repeated.
 */
export function parseDatabaseUrl(text: string): DatabaseTarget {
  return /^postgres(?:ql)?:/i.test(text) ? postgresTarget(text) : sqliteTarget(text);
}

function postgresTarget(text: string): PostgresTarget {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && url.hostname !== '' && url.pathname.length > 1) return { engine: 'postgres', url: text };
  throw new ConfigError(
    `DATABASE_URL is '${withoutPassword(text)}'; it has to be postgres://<user>:<password>@<host>:<port>/<database>, with special characters percent-encoded.`,
  );
}

function sqliteTarget(text: string): SqliteTarget {
  const path = /^sqlite:(.*)$/is.exec(text)?.[1];
  if (path === ':memory:') return { engine: 'sqlite', file: null };
  // `sqlite://data.db` reads as a host name elsewhere and as a file in the root folder here: better asked than guessed.
  if (path === undefined || path === '' || path.endsWith('/') || /^\/\/[^/]/.test(path)) {
    throw new ConfigError(
      `DATABASE_URL is '${withoutPassword(text)}'; it has to be sqlite:<path>, for example sqlite:data/joblib.sqlite, sqlite::memory:, or postgres://….`,
    );
  }
  return { engine: 'sqlite', file: path };
}

/** An address for people to read. */
export function withoutPassword(text: string): string {
  return text.replace(/:\/\/[^/]*@/, '://***@');
}
