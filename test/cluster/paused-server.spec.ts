import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { serviceUser } from '../faults/service-users.js';
import { SocketClient, disconnectAll } from '../gateway/socket-client.js';
import type { JoblibUser } from '../support/joblib-user.js';
import { createPostgresDatabase } from '../support/postgres-databases.js';
import type { PostgresDatabase } from '../support/postgres-databases.js';
import { RedisServer, redisMissing } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { becauseOfRedis } from './cluster.js';
import { ServiceCluster } from './service-cluster.js';

/** No grace: the question to the other servers comes at once. Who is silent for four seconds is swept. */
const SETTINGS = {
  ZNDRAW_JOBLIB_WORKER_DISCONNECT_GRACE_SECONDS: '0',
  ZNDRAW_JOBLIB_WORKER_TIMEOUT_SECONDS: '4',
  ZNDRAW_JOBLIB_SWEEPER_INTERVAL_SECONDS: '1',
};

(redisMissing === null ? describe : describe.skip)(`a server that is paused${becauseOfRedis}`, () => {
  let database: PostgresDatabase;
  let redis: RedisServer;
  let services: ServiceCluster;
  let root: JoblibUser;
  beforeEach(async () => {
    [database, redis] = [await createPostgresDatabase(), await RedisServer.start()];
    services = await ServiceCluster.start(2, { DATABASE_URL: database.url, REDIS_URL: redis.url, ...SETTINGS });
    root = await serviceUser(services.address(0), 'root', true);
  });
  afterEach(async () => {
    disconnectAll();
    await services.clear();
    await redis.kill();
    await database.drop();
  });

  /** A worker with a claimed task, and sockets on these servers. */
  async function aWorker(fullName: string, servers: readonly number[]) {
    const { worker_id: workerId } = (await root.register(fullName)).body;
    const { id: taskId } = (await root.submit('lab', fullName)).body;
    expect((await root.claim(workerId)).body.task?.id).toBe(taskId);
    const sockets = await Promise.all(servers.map((index) => SocketClient.connect(services.address(index), root.name)));
    for (const socket of sockets) expect(await socket.joinJob(fullName, workerId)).toEqual({ status: 'ok' });
    return { workerId, taskId, sockets };
  }

  const statusOf = async (taskId: string): Promise<string> => (await root.task(taskId)).body.status;

  it('holds nobody up: its workers live by their heartbeats, the sweeper removes the silent ones', async () => {
    const living = await aWorker('lab:modifiers:Living', [0, 1]);
    const silent = await aWorker('lab:modifiers:Silent', [0]);
    services.process(1).child.kill('SIGSTOP');
    for (const { sockets } of [living, silent]) sockets[0]?.disconnect();
    // Nobody knows whether the paused one has a socket of either: it is asked, and after a while not waited for any more.
    const leftToSweeper = ({ workerId }: { workerId: string }): boolean =>
      services.process(0).stdout.includes(`Worker ${workerId} lost its last socket here and is left to the sweeper`);
    const beat = async (): Promise<number> => (await root.heartbeat(living.workerId)).status;
    await until('both are left to the sweeper', async () => (await beat()) === 200 && leftToSweeper(living) && leftToSweeper(silent));
    await until('the silent one is swept', async () => {
      expect([await beat(), await statusOf(living.taskId)]).toEqual([200, 'claimed']);
      return (await statusOf(silent.taskId)) === 'failed';
    });
    services.process(1).child.kill('SIGCONT');
    // It goes on where it was: the worker is still there for it, by its socket too.
    const back = await serviceUser(services.address(1), 'root', true);
    expect((await back.heartbeat(living.workerId)).status).toBe(200);
    expect((await back.report(living.taskId, 'running')).status).toBe(200);
    expect((await root.report(living.taskId, 'completed')).status).toBe(200);
    expect(services.process(1).stderr).not.toContain('ERROR');
  });
});
