import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import pg from 'pg';

// No import of another file of this project: the test runner loads this one, for its `globalSetup`, where it finds none.

const run = promisify(execFile);
const env = process.env;

const PATIENCE_MS = 120_000;
const LOOK_AGAIN_AFTER_MS = 10;

/** Below the ports that systems give to whoever asks for any: nobody else gets that of a stopped server. */
const PORTS = { first: 15_000, count: 16_000 };

// Sorted by the rules of a language, as most installations are.
const INITDB_ARGUMENTS = [
  '-U',
  'postgres',
  '--auth=trust',
  '--encoding=UTF8',
  '--no-locale',
  '--locale-provider=icu',
  '--icu-locale=en-US',
];
// `fsync` and `synchronous_commit` stay on, as everywhere.
const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', shared_buffers: '32MB', max_connections: '200' };

/**
 * Runs the server and waits for a word: the signal to end it with. When the word does not come because whoever was to say it is gone,
 * it ends the server, paused or not, and removes its folder.
 */
const KEEPER = `
  folder=$1; shift
  "$@" >>"$folder/log" 2>&1 & pid=$!
  echo "$pid"
  read -r signal
  all="$pid $(cat "/proc/$pid/task/$pid/children" 2>/dev/null)"
  case $signal in
    KILL) kill -KILL $all; wait "$pid" ;;
    ?*) kill -CONT $all; kill "-$signal" "$pid"; wait "$pid" ;;
    *) kill -CONT $all; kill -QUIT "$pid"; wait "$pid"; rm -rf -- "$folder" ;;
  esac
`;

/** A PostgreSQL server of one's own, in a temporary folder, that ends with this process however it ends. */
export class PostgresServer {
  #keeper: ChildProcess | null = null;
  #pid = 0;

  private constructor(
    private readonly programs: string,
    private readonly folder: string,
    private readonly user: { uid?: number; gid?: number },
    readonly port: number,
  ) {}

  /**
   * A new server that takes connections.
   * @param settings of `postgresql.conf`, `max_connections` for example.
   * @throws Error with what the programs say.
   */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
    const programs = env['JOBLIB_TEST_POSTGRES_BIN'];
    if (programs === undefined) throw new Error(`There is no PostgreSQL to be started: ${env['JOBLIB_TEST_POSTGRES_MISSING']}.`);
    const user = await unprivilegedUser();
    const folder = await mkdtemp(join(tmpdir(), 'joblib-postgres-'));
    const server = new PostgresServer(programs, folder, user, await freePort());
    try {
      if (user.uid !== undefined) await chown(folder, user.uid, user.gid ?? user.uid);
      await run(join(programs, 'initdb'), ['-D', server.#data, ...INITDB_ARGUMENTS, '--no-sync'], { ...user, cwd: folder });
      await server.restart(settings);
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** @param port another one when connections go through a proxy. */
  url(database = 'postgres', port = this.port): string {
    return `postgres://postgres@127.0.0.1:${port}/${database}`;
  }

  /** Starts it again after `stop`; resolves when it takes connections. */
  async restart(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const all = Object.entries({ ...SETTINGS, port: String(this.port), ...settings });
    const command = [join(this.programs, 'postgres'), '-D', this.#data, ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    const keeper = spawn('/bin/sh', ['-c', KEEPER, 'sh', this.folder, ...command], {
      ...this.user,
      cwd: this.folder,
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    keeper.unref();
    this.#keeper = keeper;
    const [pid] = (await once(keeper.stdout, 'data')) as [Buffer];
    this.#pid = Number(pid);
    keeper.stdout.destroy();
    await this.#accepting();
  }

  /** Ends it: `SIGINT` lets go of all clients in an orderly way, `SIGKILL` hits all of its processes. */
  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === null) return;
    this.#keeper = null;
    await endKeeper(keeper, `${signal.slice('SIG'.length)}\n`);
  }

  /** None of its processes does anything until `resume`; connections to it stay open, and new ones are let in and hear nothing. */
  async pause(): Promise<void> {
    process.kill(this.#pid, 'SIGSTOP');
    for (const pid of await this.#children()) process.kill(pid, 'SIGSTOP');
  }

  async resume(): Promise<void> {
    for (const pid of await this.#children()) process.kill(pid, 'SIGCONT');
    process.kill(this.#pid, 'SIGCONT');
  }

  /** Ends it and removes what it stored. */
  async remove(): Promise<void> {
    const keeper = this.#keeper;
    this.#keeper = null;
    if (keeper !== null) await endKeeper(keeper, '');
    await rm(this.folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.folder, 'data');
  }

  async #children(): Promise<number[]> {
    const text = await readFile(`/proc/${this.#pid}/task/${this.#pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  }

  async #accepting(): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        await ask(this.url(), 'SELECT 1');
        return;
      } catch (error) {
        if (performance.now() > giveUpAt) {
          throw new Error(`PostgreSQL did not start:\n${await readFile(join(this.folder, 'log'), 'utf8')}`, { cause: error });
        }
        await pause(LOOK_AGAIN_AFTER_MS);
      }
    }
  }
}

async function endKeeper(keeper: ChildProcess, word: string): Promise<void> {
  keeper.ref();
  const ended = once(keeper, 'exit');
  keeper.stdin?.end(word);
  await ended;
}

/** Asks one question over a connection of its own. */
export async function ask<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** Before all tests: a server for those that need none of their own, unless the environment names one. */
export default async function startSharedServer(): Promise<void> {
  const { JOBLIB_TEST_POSTGRES_URL: url, JOBLIB_TEST_POSTGRES_BIN: programs } = env;
  const shared = globalThis as { sharedPostgres?: { remove(): Promise<void> } };
  if (url !== undefined) {
    const names = `joblib_test_${randomBytes(4).toString('hex')}`;
    env['JOBLIB_TEST_POSTGRES_NAMES'] = names;
    shared.sharedPostgres = { remove: () => dropDatabases(url, names) };
  } else if (programs !== undefined) {
    // It outlives no crash of its machine, and each of its many short databases costs a checkpoint.
    const server = await PostgresServer.start({ fsync: 'off' });
    env['JOBLIB_TEST_POSTGRES_URL'] = server.url();
    shared.sharedPostgres = server;
  }
}

async function dropDatabases(url: string, names: string): Promise<void> {
  const databases = await ask<{ datname: string }>(url, `SELECT datname FROM pg_database WHERE datname LIKE '${names}%'`);
  for (const { datname } of databases) await ask(url, `DROP DATABASE "${datname}" WITH (FORCE)`);
}

/** PostgreSQL refuses to run as root. */
async function unprivilegedUser(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find(([name]) => name === wanted) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`.');
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.trunc(Math.random() * PORTS.count);
    const probe = createServer().listen(port, '127.0.0.1');
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
