import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';

import { redisMissing } from '../support/redis-server.js';
import { Balancer } from './balancer.js';
import type { Policy } from './balancer.js';
import { Cluster, becauseOfRedis } from './cluster.js';

(redisMissing === null ? describe : describe.skip)(`sockets behind a load balancer${becauseOfRedis}`, () => {
  let cluster: Cluster;
  let balancer: Balancer;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.disconnect();
    await balancer.close();
  });
  afterAll(() => cluster.close());

  async function balance(policy: Policy): Promise<void> {
    balancer = await Balancer.start([cluster.here.origin, cluster.there.origin], policy);
  }

  /** @returns the socket, or why there is none. */
  async function connect(transports: ('polling' | 'websocket')[]): Promise<Socket | Error> {
    // With credentials: the client keeps cookies, as browsers do.
    const options = { transports, auth: { token: 'ada' }, forceNew: true, reconnection: false, withCredentials: true, upgrade: false };
    const socket = io(balancer.origin, options);
    sockets.push(socket);
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(socket));
      socket.once('connect_error', resolve);
      socket.once('disconnect', (reason) => resolve(new Error(reason)));
    });
  }

  /** Four watchers of a room, on whichever server they came to. */
  async function watchers(transport: 'polling' | 'websocket', room: string): Promise<Socket[]> {
    const connected: Socket[] = [];
    for (let count = 0; count < 4; count += 1) {
      const socket = await connect([transport]);
      if (socket instanceof Error) throw socket;
      expect(await socket.emitWithAck('room_join', { room_id: room })).toEqual({ status: 'ok' });
      connected.push(socket);
    }
    const { here, there } = cluster;
    expect([here, there].map((server) => connected.filter(({ id }) => server.hasSocket(id)).length)).toEqual([2, 2]);
    return connected;
  }

  /** What all of them hear of a task that is submitted somewhere. */
  async function heardOfSubmission(connected: readonly Socket[], room: string): Promise<unknown[]> {
    const heard = connected.map((socket) => new Promise((resolve) => socket.once('task_status_event', ({ id }) => resolve(id))));
    const root = cluster.here.user('root');
    await root.register(`${room}:modifiers:A`);
    const { id } = (await root.submit(room, `${room}:modifiers:A`)).body;
    return (await Promise.all(heard)).map((each) => each === id);
  }

  it('by polling work on all servers when the balancer is sticky', async () => {
    await balance('sticky');
    const connected = await watchers('polling', 'studio');
    expect(await heardOfSubmission(connected, 'studio')).toEqual([true, true, true, true]);
  });

  it('by polling cannot work when it is not: what one server began the other does not know', async () => {
    await balance('in-turn');
    const failures = await Promise.all([connect(['polling']), connect(['polling'])]);
    expect(failures.filter((each) => each instanceof Error)).toHaveLength(2);
  });

  it('by websocket alone work whatever the balancer does', async () => {
    await balance('in-turn');
    const connected = await watchers('websocket', 'office');
    expect(await heardOfSubmission(connected, 'office')).toEqual([true, true, true, true]);
  });
});
