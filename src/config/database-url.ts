import { ConfigError } from './config-error.js';

/** Where the data lives. */
export interface SqliteTarget {
  /** A path as it was given, or `null` for a database in memory that ends with the process. */
  readonly file: string | null;
}

/**
 * Reads `sqlite:<path>` or `sqlite::memory:`.
 * @throws ConfigError for everything else; passwords are not repeated.
 */
export function parseDatabaseUrl(text: string): SqliteTarget {
  if (/^postgres(?:ql)?:/i.test(text)) {
    throw new ConfigError(
      `DATABASE_URL is '${withoutPassword(text)}', but PostgreSQL is not supported by this version yet; use sqlite:<path>.`,
    );
  }
  const path = /^sqlite:(.*)$/is.exec(text)?.[1];
  if (path === ':memory:') return { file: null };
  // `sqlite://data.db` reads as a host name elsewhere and as a file in the root folder here: better asked than guessed.
  if (path === undefined || path === '' || path.endsWith('/') || /^\/\/[^/]/.test(path)) {
    throw new ConfigError(
      `DATABASE_URL is '${withoutPassword(text)}'; it has to be sqlite:<path>, for example sqlite:data/joblib.sqlite, or sqlite::memory:.`,
    );
  }
  return { file: path };
}

function withoutPassword(text: string): string {
  return text.replace(/:\/\/[^/@]*@/, '://***@');
}
