import { postgresDataSourceOptions } from '@joblib/nestjs';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';

import { sessionMakerFor } from '../../libs/nestjs/src/persistence/index.js';
import { postgresStatements } from '../../libs/nestjs/src/persistence/postgres/statements.js';
import { createPostgresDatabase } from '../support/postgres-databases.js';
import { PostgresServer, ask } from '../support/postgres-server.js';
import type { DatabaseKind, OpenDatabase, Outage } from './open-database.js';
import { postgresPlans } from './postgres-plans.js';

const HAS_PROGRAMS = process.env['JOBLIB_TEST_POSTGRES_BIN'] !== undefined;

/** During outages, instead of the seconds that a server gives a database: one that never answers costs a test little. */
const SHORT_WAIT_MS = 500;

/** The shared database, a database of its own on the server of the test run. Outages that hit a whole server happen to one of their own. */
export const postgres: DatabaseKind = {
  name: 'PostgreSQL',
  async open() {
    const { url, drop } = await createPostgresDatabase();
    return open(url, drop);
  },
  outages: [
    { name: 'a read-only database', isReadable: true, open: openForReadOnly },
    ...(HAS_PROGRAMS
      ? [
          serverOutage('a stopped server', {}, async (server) => {
            await server.stop();
            return () => server.restart();
          }),
          serverOutage('a killed server', {}, async (server) => {
            await server.stop('SIGKILL');
            return () => server.restart();
          }),
          serverOutage('a paused server', {}, async (server) => {
            await server.pause();
            return () => server.resume();
          }),
          serverOutage('no connection left', { max_connections: '8', superuser_reserved_connections: '0' }, takeAllConnections),
        ]
      : []),
  ],
};

async function open(url: string, remove: () => Promise<void>, options = postgresDataSourceOptions(url)): Promise<OpenDatabase> {
  const dataSource = await new DataSource(options).initialize();
  await dataSource.runMigrations();
  return {
    dataSource,
    sessionMaker: sessionMakerFor(dataSource),
    statements: postgresStatements,
    plans: postgresPlans(url),
    async close() {
      await dataSource.destroy();
      await remove();
    },
  };
}

function impatientOptions(url: string): DataSourceOptions {
  const options = postgresDataSourceOptions(url);
  const { extra } = options as { extra?: object };
  return { ...options, connectTimeoutMS: SHORT_WAIT_MS, extra: { ...extra, query_timeout: SHORT_WAIT_MS } } as DataSourceOptions;
}

async function openForReadOnly(): ReturnType<Outage['open']> {
  const { url, drop } = await createPostgresDatabase();
  const database = await open(url, drop);
  const { pathname } = new URL(url);
  const server = Object.assign(new URL(url), { pathname: '/postgres' }).href;
  const become = async (what: 'on' | 'off'): Promise<void> => {
    await ask(server, `ALTER DATABASE "${pathname.slice(1)}" SET default_transaction_read_only = ${what}`);
    await endSessions(url);
  };
  return {
    database,
    async begin() {
      await become('on');
      return () => become('off');
    },
  };
}

function serverOutage(
  name: string,
  settings: Record<string, string>,
  begin: (server: PostgresServer) => Promise<() => Promise<void>>,
): Outage {
  return {
    name,
    isReadable: false,
    async open() {
      const server = await PostgresServer.start(settings);
      const database = await open(server.url(), () => server.remove(), impatientOptions(server.url()));
      return { database, begin: () => begin(server) };
    },
  };
}

/** As if as many other programs had come as the server lets in. */
async function takeAllConnections(server: PostgresServer): Promise<() => Promise<void>> {
  const taken: pg.Client[] = [];
  await endSessions(server.url());
  for (;;) {
    const client = new pg.Client({ connectionString: server.url() });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch {
      break;
    }
    taken.push(client);
  }
  return async () => {
    await Promise.all(taken.map((client) => client.end()));
  };
}

async function endSessions(url: string): Promise<void> {
  await ask(
    url,
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
}
