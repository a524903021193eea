import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** An empty database for one turn. */
export interface TurnDatabase {
  /** For `DATABASE_URL`. */
  readonly url: string;
  remove(): Promise<void>;
}

/** In the system's directory for temporary files (set by `TMPDIR`). */
export async function emptySqliteDatabase(): Promise<TurnDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'joblib-bench-'));
  return { url: `sqlite:${join(directory, 'bench.sqlite')}`, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** @throws Error when the server answers before it has written what it commits: then it could not be compared with anything. */
export async function emptyPostgresDatabase(serverUrl: string): Promise<TurnDatabase> {
  const name = `joblib_bench_${randomUUID()}`;
  const settings = await onServer(serverUrl, async (client) => {
    await client.query(`CREATE DATABASE "${name}"`);
    return (await client.query<{ setting: string }>(`SELECT setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')`)).rows;
  });
  const remove = async (): Promise<void> => {
    await onServer(serverUrl, (client) => client.query(`DROP DATABASE "${name}" WITH (FORCE)`));
  };
  if (settings.some(({ setting }) => setting !== 'on')) {
    await remove();
    throw new Error('--postgres: the server has fsync or synchronous_commit switched off.');
  }
  return { url: Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href, remove };
}

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
