import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { JoblibUser } from '../support/joblib-user.js';
import { createPostgresDatabase } from '../support/postgres-databases.js';
import type { PostgresDatabase } from '../support/postgres-databases.js';
import { RedisServer, redisMissing } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { becauseOfRedis } from './cluster.js';

const PROGRAM = fileURLToPath(new URL('./internal-server.mjs', import.meta.url));
const WAIT = '@internal:analysis:Wait';

/** A server that runs `@internal` tasks and says which. */
class InternalServer {
  output = '';

  private constructor(readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  static async start(databaseUrl: string, redisUrl: string): Promise<InternalServer> {
    const server = new InternalServer(spawn(process.execPath, [PROGRAM, databaseUrl, redisUrl], { stdio: ['ignore', 'pipe', 'pipe'] }));
    await until('it listens', () => /listening on/.test(server.output) || server.child.exitCode !== null);
    if (server.child.exitCode !== null) throw new Error(server.output);
    return server;
  }

  get user(): JoblibUser {
    return new JoblibUser(/listening on (\S+)/.exec(this.output)?.[1] ?? '', 'sue');
  }

  get running(): string[] {
    return [...this.output.matchAll(/running (\S+)/g)].map((match) => match[1] ?? '');
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}

(redisMissing === null ? describe : describe.skip)(`@internal tasks of a server that is killed${becauseOfRedis}`, () => {
  let database: PostgresDatabase;
  let redis: RedisServer;
  let servers: InternalServer[];
  beforeEach(async () => {
    database = await createPostgresDatabase();
    redis = await RedisServer.start();
    servers = [];
    for (let count = 0; count < 2; count += 1) servers.push(await InternalServer.start(database.url, redis.url));
  });
  afterEach(async () => {
    for (const server of servers) await server.kill();
    await redis.kill();
    await database.drop();
  });

  it('fail like anyone’s, those of the others go on, and new ones are run', async () => {
    const [doomed, other] = servers as [InternalServer, InternalServer];
    // One server runs up to eight at a time.
    const ids: string[] = [];
    for (let count = 0; count < 10; count += 1) ids.push((await other.user.submit('lab', WAIT)).body.id);
    await until('all of them run', () => doomed.running.length + other.running.length === ids.length);
    expect(doomed.running.length).toBeGreaterThan(0);
    expect(other.running.length).toBeGreaterThan(0);
    await doomed.kill();
    for (const id of doomed.running) {
      const { body } = await other.user.task(id, { prefer: 'wait=25' });
      expect(body).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
    }
    for (const id of other.running) expect((await other.user.task(id)).body.status).toBe('running');
    const [first = ''] = other.running;
    expect((await other.user.report(first, 'cancelled')).status).toBe(200);
    const { id } = (await other.user.submit('lab', WAIT)).body;
    await until('a new one runs', () => other.running.includes(id));
  });
});
