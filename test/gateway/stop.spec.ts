import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { JoinRooms } from '@joblib/nestjs';
import type { DataSource } from 'typeorm';

import { JoblibUser } from '../support/joblib-user.js';
import { startGateway } from './gateway-app.js';
import type { GatewayApp } from './gateway-app.js';
import { SocketClient, disconnectAll, until } from './socket-client.js';
import type { Transport } from './socket-client.js';

/** All but `setTimeout`. */
const REAL_TIMERS = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
] as const;

const ROTATE = '@global:modifiers:Rotate';

async function workerWithTask(server: GatewayApp): Promise<{ workerId: string; taskId: string }> {
  const root = new JoblibUser(server.origin, 'root');
  const workerId = (await root.register(ROTATE)).body.worker_id;
  const taskId = (await root.submit('lab', ROTATE)).body.id;
  await root.claim(workerId);
  return { workerId, taskId };
}

async function statusOf(dataSource: DataSource, taskId: string): Promise<unknown> {
  const rows: { status: string }[] = await dataSource.query(`SELECT status FROM joblib_task WHERE id = '${taskId}'`);
  return rows[0]?.status;
}

describe('a server that stops', () => {
  let server: GatewayApp;

  afterEach(async () => {
    disconnectAll();
    await server.close();
  });

  it.each<[Transport]>([['websocket'], ['polling']])('closes its sockets (%s) without cleaning anybody up', async (transport) => {
    server = await startGateway();
    const { workerId, taskId } = await workerWithTask(server);
    const worker = await SocketClient.connect(server.origin, 'root', { transport });
    await worker.joinJob(ROTATE, workerId);
    const gone = new Promise((resolve) => void worker.socket.once('disconnect', resolve));
    await server.app.close();
    // Not "io server disconnect", after which a client would not come back by itself.
    expect(['transport close', 'transport error']).toContain(await gone);
    expect(worker.socket.active).toBe(true);
    expect(server.cleanUps).not.toHaveBeenCalled();
    expect(await statusOf(server.dataSource, taskId)).toBe('claimed');
  });

  it('cleans nobody up whose grace was still running', async () => {
    server = await startGateway({ settings: { workerDisconnectGraceSeconds: 5 } });
    const joinRooms = server.app.get(JoinRooms, { strict: false });
    const first = await workerWithTask(server);
    const second = await workerWithTask(server);
    const sockets = [first, second].map((_, index) => ({
      id: `socket-${index}`,
      connected: true,
      join: () => undefined,
      leave: () => undefined,
    }));
    jest.useFakeTimers({ doNotFake: [...REAL_TIMERS] });
    try {
      for (const [index, { workerId }] of [first, second].entries()) {
        await joinRooms.joinJob(sockets[index]!, { id: 'root', isSuperuser: true }, { job_name: ROTATE, worker_id: workerId });
      }
      joinRooms.disconnect(sockets[0]!);
      jest.advanceTimersByTime(5000);
      await until(() => server.cleanUps.mock.calls.length === 1);
      joinRooms.disconnect(sockets[1]!);
      await server.app.close();
      await jest.advanceTimersByTimeAsync(60_000);
    } finally {
      jest.useRealTimers();
    }
    expect(server.cleanUps.mock.calls.map(([id]) => id)).toEqual([first.workerId]);
    expect(await statusOf(server.dataSource, first.taskId)).toBe('failed');
    expect(await statusOf(server.dataSource, second.taskId)).toBe('claimed');
  });

  it('is left by its clients for the next server at the same address', async () => {
    server = await startGateway();
    const port = Number(new URL(server.origin).port);
    const ada = await SocketClient.connect(server.origin, 'ada', { reconnection: true });
    const isBack = new Promise((resolve) => void ada.socket.io.once('reconnect', resolve));
    await server.close();
    server = await startGateway({ port });
    await isBack;
    expect(await ada.joinRoom('lab')).toEqual({ status: 'ok' });
  });
});
