import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { Playground } from '../service/server-process.js';
import type { ServiceProcess } from '../service/server-process.js';
import { PostgresServer, ask } from '../support/postgres-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { databaseLines, healthOf } from './observe-service.js';
import { expectReadsAnswered, expectWorkGoesOn, expectWritesRefused } from './outage.js';
import { expectUnavailable, expectWritesRefusedTogether, isUnavailable, postgresObstacle, serviceOn } from './postgres-service.js';
import { JOB, ROOM, aQueue, readsOf } from './queue.js';
import type { Queue } from './queue.js';
import { serviceUser } from './service-users.js';

const withServer = postgresObstacle === null ? describe : describe.skip;

withServer(`the service on PostgreSQL${postgresObstacle === null ? '' : ` (not tried: ${postgresObstacle})`}`, () => {
  const playground = new Playground();
  let server: PostgresServer;
  let proxy: TcpProxy;
  let databases = 0;
  let name: string;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    databases += 1;
    name = `joblib_${databases}`;
    // Not a superuser: those pass every limit of connections.
    await ask(server.url(), `CREATE ROLE ${name} LOGIN`);
    await ask(server.url(), `CREATE DATABASE ${name} OWNER ${name}`);
    proxy = await TcpProxy.start(server.port);
  });
  afterEach(async () => {
    await playground.clear();
    await proxy.close();
  });

  const urlAt = (port: number): string => `postgres://${name}@127.0.0.1:${port}/${name}`;

  async function serve(port = server.port): Promise<{ service: ServiceProcess; address: string; queue: Queue }> {
    const service = serviceOn(playground, urlAt(port));
    const address = await service.listening();
    return { service, address, queue: await aQueue(await serviceUser(address, 'root', true)) };
  }

  async function expectReadsRefused(queue: Queue): Promise<void> {
    for (const answer of await Promise.all(Object.values(readsOf(queue)).map((send) => send()))) expectUnavailable(answer);
  }

  async function expectRecovered(service: ServiceProcess, address: string, queue: Queue, seen: unknown[]): Promise<void> {
    await until('it is ready', async () => (await healthOf(address)).ready === 200);
    expect(await expectReadsAnswered(queue)).toEqual(seen);
    await expectWorkGoesOn(queue);
    const lines = databaseLines(service);
    expect(lines[0]).toMatch(/ERROR .*database cannot be used now/);
    expect(lines.at(-1)).toMatch(/LOG .*can be used again/);
    expect(await service.stop()).toBe(0);
  }

  it.each(['SIGINT', 'SIGKILL'] as const)(
    'lives on while its server is gone (%s), refuses everything, is not ready, and recovers by itself with all that was answered',
    async (signal) => {
      const { service, address, queue } = await serve();
      const seen = await expectReadsAnswered(queue);
      await server.stop(signal);
      for (let round = 0; round < 2; round += 1) {
        await expectWritesRefused(queue, '');
        await expectReadsRefused(queue);
        expect(await healthOf(address)).toEqual({ live: 200, ready: 503 });
      }
      expect(databaseLines(service)).toEqual([expect.stringMatching(/ERROR .*database cannot be used now/)]);
      await server.restart();
      await expectRecovered(service, address, queue, seen);
    },
  );

  it('gives up on a server that is paused, and goes on when it does', async () => {
    const { service, address, queue } = await serve();
    const seen = await expectReadsAnswered(queue);
    await server.pause();
    try {
      const looks = healthOf(address);
      await Promise.all([expectWritesRefusedTogether(queue), expectReadsRefused(queue)]);
      expect(await looks).toEqual({ live: 200, ready: 503 });
    } finally {
      await server.resume();
    }
    await expectRecovered(service, address, queue, seen);
  });

  it('refuses while there is no connection left for it', async () => {
    const { service, address, queue } = await serve();
    const seen = await expectReadsAnswered(queue);
    await ask(server.url(), `ALTER ROLE ${name} CONNECTION LIMIT 0`);
    await ask(server.url(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '${name}'`);
    await expectWritesRefused(queue, '');
    await expectReadsRefused(queue);
    expect(await healthOf(address)).toEqual({ live: 200, ready: 503 });
    await ask(server.url(), `ALTER ROLE ${name} CONNECTION LIMIT -1`);
    await expectRecovered(service, address, queue, seen);
  });

  it('refuses every change of a database that is read-only, and answers reads', async () => {
    const { service, address, queue } = await serve();
    const seen = await expectReadsAnswered(queue);
    await ask(server.url(), `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await ask(server.url(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '${name}'`);
    await expectWritesRefused(queue, '');
    expect(await expectReadsAnswered(queue)).toEqual(seen);
    expect(await healthOf(address)).toEqual({ live: 200, ready: 503 });
    await ask(server.url(), `ALTER DATABASE ${name} SET default_transaction_read_only = off`);
    await ask(server.url(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '${name}'`);
    await expectRecovered(service, address, queue, seen);
  });

  it('finds out that its connections are half-open, answers what it had begun with 503, and goes on with new ones', async () => {
    const { service, queue } = await serve(proxy.port);
    proxy.lose();
    const answers = await Promise.all([
      queue.root.submit(ROOM, JOB),
      queue.root.task(queue.pendingId),
      queue.root.heartbeat(queue.workerId),
    ]);
    expect(answers.some(isUnavailable)).toBe(true);
    for (const answer of answers) if (answer.status >= 400) expectUnavailable(answer);
    await until('it found new connections', async () => (await queue.root.heartbeat(queue.workerId)).status === 200);
    await expectWorkGoesOn(queue);
    expect(await service.stop()).toBe(0);
  });

  it('is right when it is slow', async () => {
    const { service, queue } = await serve(proxy.port);
    proxy.delay(40);
    const seen = await expectReadsAnswered(queue);
    expect(await expectReadsAnswered(queue)).toEqual(seen);
    await expectWorkGoesOn(queue);
    expect(databaseLines(service)).toEqual([]);
  });

  it('refuses what waits for a lock too long, and does it later', async () => {
    const { queue } = await serve();
    const answer = ask(urlAt(server.port), `BEGIN; LOCK TABLE joblib_task IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)`).catch(
      () => undefined,
    );
    const waiting = `SELECT FROM pg_locks JOIN pg_class ON pg_class.oid = relation WHERE relname = 'joblib_task' AND mode = 'AccessExclusiveLock' AND granted`;
    await until('the table is locked', async () => (await ask(urlAt(server.port), waiting)).length > 0);
    expectUnavailable(await queue.root.submit(ROOM, JOB));
    await ask(
      server.url(),
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE '%LOCK TABLE%' AND pid <> pg_backend_pid()`,
    );
    await answer;
    await expectWorkGoesOn(queue);
  });

  it('says in one line that it cannot start yet while its server is away, without the password, and starts by itself', async () => {
    await server.stop();
    const waiting = serviceOn(playground, urlAt(server.port).replace('@', ':geheim@'));
    await until('it says why it waits', () => waiting.stderr.includes('\n'));
    expect(waiting.stderr).toMatch(/^joblib cannot start yet, and tries again every 2 s: .*\n$/);
    expect(waiting.stderr).not.toContain('geheim');
    await server.restart();
    expect(await healthOf(await waiting.listening())).toEqual({ live: 200, ready: 200 });
  });
});
