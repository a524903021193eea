import { existsSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import pg from 'pg';

import { PostgresServer, ask } from './postgres-server.js';
import { TcpProxy } from './tcp-proxy.js';

const missing = process.env['JOBLIB_TEST_POSTGRES_BIN'] === undefined ? process.env['JOBLIB_TEST_POSTGRES_MISSING'] : undefined;
const withPrograms = missing === undefined ? describe : describe.skip;

withPrograms(`a PostgreSQL server of a test${missing === undefined ? '' : ` (not tried: ${missing})`}`, () => {
  let server: PostgresServer;
  beforeEach(async () => {
    server = await PostgresServer.start({ max_connections: '20' });
  });
  afterEach(() => server.remove());

  const setting = async (name: string): Promise<unknown> => (await ask<Record<string, unknown>>(server.url(), `SHOW ${name}`))[0]?.[name];

  it('keeps what it answers as a real one does, and sorts by the rules of a language', async () => {
    expect([await setting('fsync'), await setting('synchronous_commit'), await setting('max_connections')]).toEqual(['on', 'on', '20']);
    expect(await ask(server.url(), `SELECT 'a' < 'B' AS by_language`)).toEqual([{ by_language: true }]);
  });

  it.each(['SIGINT', 'SIGKILL'] as const)(
    'lets go of its clients when it is stopped with %s, and has everything when it is back',
    async (signal) => {
      await ask(server.url(), 'CREATE TABLE kept AS SELECT 42 AS answer');
      const sleeping = ask(server.url(), 'SELECT pg_sleep(60)').catch((error: unknown) => error);
      await server.stop(signal);
      expect(await sleeping).toHaveProperty('message');
      await expect(ask(server.url(), 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
      await server.restart();
      expect(await ask(server.url(), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    },
  );

  it('answers nobody while it is paused, and everybody afterwards', async () => {
    await server.pause();
    const impatient = new pg.Client({ connectionString: server.url(), connectionTimeoutMillis: 300 });
    await expect(impatient.connect()).rejects.toThrow('timeout');
    const asked = ask(server.url(), 'SELECT 1 AS one');
    await server.resume();
    expect(await asked).toEqual([{ one: 1 }]);
  });

  it('leaves nothing behind, even when it is removed while it is paused', async () => {
    const [row] = await ask<{ data_directory: string }>(server.url(), 'SHOW data_directory');
    await server.pause();
    await server.remove();
    expect(existsSync(row?.data_directory ?? '/')).toBe(false);
    await expect(ask(server.url(), 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('is not told when a proxy loses its connections; new ones work', async () => {
    const proxy = await TcpProxy.start(server.port);
    try {
      const url = server.url('postgres', proxy.port);
      let isOver = false;
      const lost = ask(url, 'SELECT pg_sleep(60)').catch((error: unknown) => {
        isOver = true;
        return error;
      });
      while ((await ask(server.url(), `SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'`)).length === 0);
      proxy.lose();
      expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(isOver).toBe(false);
      await proxy.close();
      expect(await lost).toHaveProperty('message');
    } finally {
      await proxy.close();
    }
  });
});
