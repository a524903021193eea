import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Playground } from './server-process.js';

const playground = new Playground();

afterEach(() => playground.clear());

describe('starting the service', () => {
  it.each([
    { PORT: 'http' },
    { HOST: 'host.invalid' },
    { DATABASE_URL: 'oracle:jobs' },
    { DATABASE_URL: 'sqlite:blocked/joblib.sqlite' },
    { DATABASE_URL: 'sqlite:folder' },
    { DATABASE_MIGRATE: 'perhaps' },
    { DATABASE_MIGRATE: 'off' },
    { REDIS_URL: 'localhost:6379' },
    { JOBLIB_CONFIG: 'joblib.yaml' },
    { ZNDRAW_JOBLIB_JWT_SECRET: 'short' },
    { ZNDRAW_JOBLIB_JWKS_URL: 'keys' },
    { ZNDRAW_JOBLIB_WORKER_TIMEOUT_SECONDS: 'soon' },
    { NODE_ENV: 'production' },
  ])('refuses %j with exit code 1 and one line that names the variable', async (environment) => {
    const folder = playground.folder();
    writeFileSync(join(folder, 'blocked'), 'a file where a folder should be');
    mkdirSync(join(folder, 'folder'));
    const server = playground.start(folder, environment as unknown as Record<string, string>);
    expect(await server.ended()).toBe(1);
    expect(server.stderr).toMatch(/^joblib cannot start: .*\n$/);
    expect(server.stderr).toContain(String(Object.keys(environment)[0]));
  });

  it('names a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const PORT = String((other.address() as AddressInfo).port);
    const server = playground.start(playground.folder(), { PORT, DATABASE_URL: 'sqlite::memory:' });
    expect(await server.ended()).toBe(1);
    expect(server.stderr).toMatch(new RegExp(`^joblib cannot start: PORT is '${PORT}', and another program listens there.*\\n$`));
    other.close();
    await once(other, 'close');
  });

  it('shows where a refusal comes from at the log level debug', async () => {
    const server = playground.start(playground.folder(), { PORT: 'http', LOG_LEVEL: 'debug' });
    expect(await server.ended()).toBe(1);
    expect(server.stderr).toMatch(/\n +at /);
  });

  it('reads a .env file, over which the real environment wins', async () => {
    const folder = playground.folder();
    writeFileSync(join(folder, '.env'), 'PORT=http\nDATABASE_URL=sqlite:from-dot-env.sqlite\n');
    await playground.start(folder, { PORT: '0' }).listening();
    expect(statSync(join(folder, 'from-dot-env.sqlite')).isFile()).toBe(true);
  });

  it('starts without migrating when nothing is to be migrated', async () => {
    const folder = playground.folder();
    const first = playground.start(folder);
    await first.listening();
    await first.stop();
    const address = await playground.start(folder, { DATABASE_MIGRATE: 'off' }).listening();
    expect((await fetch(`${address}/health/ready`)).status).toBe(200);
  });
});

describe('the secret of a first run', () => {
  it('is made with a warning, for the owner alone, and kept over restarts', async () => {
    const folder = playground.folder();
    const path = join(folder, 'data/jwt-secret');
    const first = playground.start(folder);
    await first.listening();
    expect(first.stdout).toMatch(/WARN.*ZNDRAW_JOBLIB_JWT_SECRET/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const secret = readFileSync(path, 'utf8');
    await first.stop();
    const second = playground.start(folder);
    await second.listening();
    expect(second.stdout).not.toContain('ZNDRAW_JOBLIB_JWT_SECRET');
    expect(readFileSync(path, 'utf8')).toBe(secret);
  });

  it('is one for all that start at the same moment', async () => {
    const folder = playground.folder();
    const tokens = await Promise.all(['a', 'b', 'c', 'd'].map((sub) => playground.token(folder, ['--sub', sub])));
    const address = await playground.start(folder).listening();
    const statuses = await Promise.all(tokens.map((token) => statusWith(address, token)));
    expect(statuses).toEqual([200, 200, 200, 200]);
  });

  it('is never half a secret', async () => {
    const folder = playground.folder();
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data/jwt-secret'), 'half');
    const server = playground.start(folder);
    expect(await server.ended()).toBe(1);
    expect(server.stderr).toMatch(/jwt-secret' has less than 32 bytes; delete the file/);
  });

  it('brings a warning when others may read it', async () => {
    const folder = playground.folder();
    await playground.token(folder, ['--sub', 'alice']);
    chmodSync(join(folder, 'data/jwt-secret'), 0o644);
    const server = playground.start(folder);
    await server.listening();
    expect(server.stdout).toMatch(/jwt-secret' can be read by others/);
  });
});

describe('a SQLite file', () => {
  it('belongs to one server: a second one, also through a link, refuses to start and names PostgreSQL', async () => {
    const folder = playground.folder();
    await playground.start(folder).listening();
    symlinkSync(join(folder, 'data/joblib.sqlite'), join(folder, 'link.sqlite'));
    const second = playground.start(folder, { DATABASE_URL: 'sqlite:link.sqlite' });
    expect(await second.ended()).toBe(1);
    expect(second.stderr).toMatch(/^joblib cannot start: DATABASE_URL: another server uses '.*joblib\.sqlite'.*PostgreSQL.*\n$/);
  });

  it('goes to a server that waits for it as soon as the one before is killed', async () => {
    const folder = playground.folder();
    const first = playground.start(folder);
    await first.listening();
    const second = playground.start(folder);
    await first.stop('SIGKILL');
    const address = await second.listening();
    expect((await fetch(`${address}/health/ready`)).status).toBe(200);
  });
});

async function statusWith(address: string, token: string): Promise<number> {
  const response = await fetch(`${address}/v1/joblib/workers`, { headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  return response.status;
}
