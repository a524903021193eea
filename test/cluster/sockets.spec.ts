import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { io } from 'socket.io-client';

import { SocketClient, disconnectAll } from '../gateway/socket-client.js';
import { RedisServer, redisMissing } from '../support/redis-server.js';
import { aStoredDelivery } from '../support/stored-delivery.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { Cluster, becauseOfRedis } from './cluster.js';
import type { ClusterServer } from './cluster.js';

const withRedis = redisMissing === null ? describe : describe.skip;

let jobs = 0;

/** A worker of root's with a claimed task. */
async function aBusyWorker({ here }: Cluster): Promise<{ fullName: string; workerId: string; taskId: string }> {
  const fullName = `lab:modifiers:Job ${(jobs += 1)}`;
  const { worker_id: workerId } = (await here.user('root').register(fullName)).body;
  const { id: taskId } = (await here.user('sue').submit('lab', fullName)).body;
  await here.user('root').claim(workerId);
  return { fullName, workerId, taskId };
}

/** Waits until the server has noticed. */
async function drop(server: ClusterServer, { socket }: SocketClient): Promise<void> {
  const { id } = socket;
  socket.disconnect();
  await until('the server notices', () => !server.hasSocket(id));
}

function outcomeOfCleanUp({ cleanUps }: ClusterServer, workerId: string): Promise<boolean> | null {
  const { calls, results } = cleanUps.mock;
  return (results[calls.findIndex(([id]) => id === workerId)]?.value ?? null) as Promise<boolean> | null;
}

withRedis(`sockets on two servers${becauseOfRedis}`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterEach(disconnectAll);
  afterAll(() => cluster.close());

  it('hear on one what was submitted, claimed and done on the other, each event once and in order', async () => {
    const { here, there } = cluster;
    const watchers = await Promise.all([here, there].map(({ origin }) => SocketClient.connect(origin, 'ada')));
    for (const watcher of watchers) await watcher.joinRoom('order');
    const { worker_id: workerId } = (await here.user('root').register('order:modifiers:A')).body;
    const { id } = (await there.user('sue').submit('order', 'order:modifiers:A')).body;
    await here.user('root').claim(workerId);
    await there.user('root').report(id, 'running');
    // Within the same milliseconds two servers may tell of their changes crosswise.
    for (const watcher of watchers) await watcher.hears('task_status_event', { id, status: 'running' });
    await here.user('root').report(id, 'completed');
    for (const watcher of watchers) {
      await watcher.hears('task_status_event', { id, status: 'completed' });
      const told = (await watcher.payloadsOf('task_status_event')).map(({ status }) => status);
      expect(told).toEqual(['pending', 'claimed', 'running', 'completed']);
      expect(await watcher.payloadsOf('jobs_invalidate')).toHaveLength(1);
    }
  });

  it('hear on one, in every room, that a delivery to a plugin was retried on the other', async () => {
    const { here, there } = cluster;
    const watchers = await Promise.all([here, there].map(({ origin }) => SocketClient.connect(origin, 'ada')));
    for (const [index, watcher] of watchers.entries()) await watcher.joinRoom(`plugins ${index}`);
    const { id } = await aStoredDelivery(here);
    expect((await here.user('root').call('POST', `/plugins/chat/deliveries/${id}/retry`)).status).toBe(202);
    for (const watcher of watchers) {
      await watcher.hears('plugins_invalidate', {});
      expect(await watcher.payloadsOf('plugins_invalidate')).toEqual([{}]);
    }
  });

  it('are not told that a task is less far than they have heard, whichever server says so and however late', async () => {
    const { here, there } = cluster;
    const watchers = await Promise.all([here, there].map(({ origin }) => SocketClient.connect(origin, 'ada')));
    for (const watcher of watchers) await watcher.joinRoom('late');
    here.emit('room:late', 'task_status_event', { id: 'a task', status: 'running' });
    for (const watcher of watchers) await watcher.hears('task_status_event', { status: 'running' });
    for (const server of [here, there]) {
      server.emit('room:late', 'task_status_event', { id: 'a task', status: 'claimed' });
      server.emit('room:late', 'task_status_event', { id: `the last of ${server.origin}`, status: 'pending' });
    }
    for (const watcher of watchers) {
      for (const { origin } of [here, there]) await watcher.hears('task_status_event', { id: `the last of ${origin}` });
      const told = (await watcher.payloadsOf('task_status_event')).filter(({ id }) => id === 'a task');
      expect(told.map(({ status }) => status)).toEqual(['running']);
    }
  });

  it('that joined a job on one are told of its tasks by the other', async () => {
    const { here, there } = cluster;
    const { fullName, workerId } = await aBusyWorker(cluster);
    const worker = await SocketClient.connect(there.origin, 'root');
    expect(await worker.joinJob(fullName, workerId)).toEqual({ status: 'ok' });
    const { id } = (await here.user('sue').submit('lab', fullName)).body;
    expect(await worker.hears('task_available', { task_id: id })).toMatchObject({ job_name: fullName });
  });

  it('are all told of a job of @global, and of a room only those that joined it', async () => {
    const { here, there } = cluster;
    const [inStudio, inOffice] = await Promise.all(
      ['studio', 'office'].map(async (room) => {
        const watcher = await SocketClient.connect(there.origin, 'ada');
        await watcher.joinRoom(room);
        return watcher;
      }),
    );
    await here.user('root').register('office:modifiers:Secret');
    await here.user('root').register('@global:modifiers:Everybody');
    for (const [watcher, count] of [
      [inOffice, 2],
      [inStudio, 1],
    ] as const) {
      await until(`${count} are told`, async () => ((await watcher?.payloadsOf('jobs_invalidate')) ?? []).length >= count);
      expect(await watcher?.payloadsOf('jobs_invalidate')).toHaveLength(count);
    }
  });

  it('keep a worker alive on either: only with its last one, wherever, it goes', async () => {
    const { here, there } = cluster;
    const { fullName, workerId, taskId } = await aBusyWorker(cluster);
    const [one, other] = await Promise.all([here, there].map(({ origin }) => SocketClient.connect(origin, 'root')));
    for (const socket of [one, other]) await socket?.joinJob(fullName, workerId);
    if (one !== undefined) await drop(here, one);
    // Of a worker without another socket the same server has cleaned up by now: its question was the later one.
    const second = await aBusyWorker(cluster);
    const alone = await SocketClient.connect(here.origin, 'root');
    await alone.joinJob(second.fullName, second.workerId);
    await drop(here, alone);
    await until('the second is cleaned up', () => outcomeOfCleanUp(here, second.workerId) !== null);
    expect(await outcomeOfCleanUp(here, second.workerId)).toBe(true);
    expect(outcomeOfCleanUp(here, workerId)).toBeNull();
    expect((await there.user('sue').task(taskId)).body.status).toBe('claimed');
    other?.disconnect();
    await until('its task fails', async () => (await here.user('sue').task(taskId)).body.status === 'failed');
  });

  it('are found on the other, without what their clients proved themselves with: Redis hears of none of it', async () => {
    const { here, there } = cluster;
    const socket = io(there.origin, {
      transports: ['websocket'],
      forceNew: true,
      auth: { token: 'ada', session: 'secret of the auth object' },
      query: { key: 'secret-of-the-query' },
      extraHeaders: { cookie: 'session=secret-of-a-cookie', 'x-api-key': 'secret-of-a-header' },
    });
    const [heard, listener] = [[] as string[], new Redis(cluster.redis.url)];
    listener.on('pmessage', (_pattern: string, _channel: string, message: string) => heard.push(message));
    await listener.psubscribe('*');
    try {
      await socket.emitWithAck('room_join', { room_id: 'found' });
      const [found] = await here.socketsOf('room:found');
      expect(found).toMatchObject({ id: socket.id, data: { joblibCaller: { id: expect.any(String) } } });
      expect(found?.rooms).toContain('room:found');
      expect(found?.handshake).toMatchObject({ auth: {}, headers: {}, query: {} });
      await until('the answer is overheard', () => heard.some((message) => message.includes(`"id":"${socket.id}"`)));
      expect(heard.filter((message) => message.includes('secret'))).toEqual([]);
    } finally {
      listener.disconnect();
      socket.disconnect();
    }
  });

  it('of a stopped server clean nobody up; a question that is open when the last one stops keeps no process alive', async () => {
    const second = await Cluster.start();
    const { fullName, workerId, taskId } = await aBusyWorker(second);
    const socket = await SocketClient.connect(second.there.origin, 'root');
    await socket.joinJob(fullName, workerId);
    await second.there.close();
    expect(second.there.cleanUps).not.toHaveBeenCalled();
    expect((await second.here.user('sue').task(taskId)).body.status).toBe('claimed');
    // It said farewell: what is left can be asked without it.
    expect(await second.here.socketsIn('nobody')).toBe(0);
    // Counts as a server, and never answers.
    const mute = new Redis(second.redis.url);
    await mute.subscribe('joblib:sockets-request#/#');
    const timers = jest.spyOn(globalThis, 'setTimeout');
    second.here.socketsIn('nobody').catch(() => undefined); // nobody waits for it any more
    const isOfQuestion = ([callback]: readonly unknown[]): boolean => String(callback).includes('waiting for fetchSockets');
    const wait = (): unknown => timers.mock.results[timers.mock.calls.findIndex(isOfQuestion)]?.value;
    await until('it is asked', () => wait() !== undefined);
    const asked = wait() as NodeJS.Timeout;
    timers.mockRestore();
    expect(asked.hasRef()).toBe(true);
    mute.disconnect();
    await second.close();
    expect(asked.hasRef()).toBe(false);
    clearTimeout(asked);
  });
});

withRedis(`a server that is cut off from Redis${becauseOfRedis}`, () => {
  let cluster: Cluster;
  let proxy: TcpProxy;
  let redis: RedisServer;
  afterEach(async () => {
    disconnectAll();
    await cluster.close();
    await proxy.close();
    await redis.kill();
  });

  it('keeps its workers: the other one, which cannot ask it, leaves them to the sweeper', async () => {
    redis = await RedisServer.start();
    proxy = await TcpProxy.start(redis.port);
    cluster = await Cluster.start({ redisUrls: () => [redis.url, `redis://127.0.0.1:${proxy.port}`] });
    const { here, there } = cluster;
    const { fullName, workerId, taskId } = await aBusyWorker(cluster);
    const [one, other] = await Promise.all([here, there].map(({ origin }) => SocketClient.connect(origin, 'root')));
    for (const socket of [one, other]) await socket?.joinJob(fullName, workerId);
    proxy.lose();
    await expect(here.socketsIn('nobody')).rejects.toThrow('Only 1 of 2 servers can be asked.');
    if (one !== undefined) await drop(here, one);
    await expect(here.socketsIn('nobody')).rejects.toThrow('Only 1 of 2 servers can be asked.');
    expect(here.cleanUps).not.toHaveBeenCalled();
    expect((await here.user('sue').task(taskId)).body.status).toBe('claimed');
    // It notices by itself that nothing comes through any more, and connects again.
    await until('it knows that Redis is away', () => !there.bus.isConnected);
    await cluster.connected();
    const watcher = await SocketClient.connect(there.origin, 'ada');
    await watcher.joinRoom('lab');
    await here.user('root').report(taskId, 'failed', { error: 'x' });
    await watcher.hears('task_status_event', { id: taskId, status: 'failed' });
  });
});

withRedis(`without Redis for a while${becauseOfRedis}`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => {
    disconnectAll();
    await cluster.close();
  });

  it('HTTP goes on, sockets hear of their own server, nobody is cleaned up wrongly; and it recovers by itself', async () => {
    const { here, there, redis } = cluster;
    const { fullName, workerId } = await aBusyWorker(cluster);
    const [worker, near, far] = await Promise.all(
      [here, here, there].map(({ origin }, index) => SocketClient.connect(origin, index === 0 ? 'root' : 'ada')),
    );
    await worker?.joinJob(fullName, workerId);
    for (const watcher of [near, far]) await watcher?.joinRoom('lab');
    await redis.kill();
    await until('both know', () => !here.bus.isConnected && !there.bus.isConnected);
    for (const server of [here, there]) {
      const { id } = (await server.user('sue').submit('lab', fullName)).body;
      expect((await server.user('root').claim(workerId)).body.task?.id).toBe(id);
      expect((await server.user('root').report(id, 'running')).status).toBe(200);
      expect((await server.user('root').report(id, 'completed')).status).toBe(200);
      const watcher = server === here ? near : far;
      await watcher?.hears('task_status_event', { id, status: 'completed' });
    }
    expect(await near?.payloadsOf('task_status_event')).toHaveLength(4);
    if (worker !== undefined) await drop(here, worker);
    await expect(here.socketsIn('nobody')).rejects.toThrow();
    expect(here.cleanUps).not.toHaveBeenCalled();
    expect(here.bus.lostMessages).toBeGreaterThan(0);
    await redis.start();
    await cluster.connected();
    const { id } = (await here.user('sue').submit('lab', fullName)).body;
    await far?.hears('task_status_event', { id, status: 'pending' });
  });
});
