import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { JoblibTasks, ROOM_READ_GUARD, stopListening } from '@joblib/nestjs';

import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { pollsHeld, until } from '../support/until.js';

let server: JoblibApp;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = await startJoblib();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

async function open(bytes: string): Promise<Socket> {
  const { hostname, port } = new URL(server.origin);
  const accepted = once(server.app.getHttpServer(), 'connection');
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  sockets.push(socket);
  await accepted;
  if (bytes !== '') socket.write(bytes);
  return socket;
}

describe('a host that stops', () => {
  it.each([
    ['that never said a word', ''],
    ['in the middle of its first request', 'GET /v1/jobl'],
    ['in the middle of a body', 'POST /v1/joblib/workers HTTP/1.1\r\nhost: x\r\nauthorization: Bearer eve\r\ncontent-length: 9\r\n\r\n{'],
  ])('is not held up by a connection %s', async (_case, bytes) => {
    const socket = await open(bytes);
    // Ended or reset: both let go of the server.
    const closed = new Promise((resolve) => socket.resume().on('error', resolve).on('close', resolve));
    const drained = stopListening(server.app.getHttpServer(), { lastCallSeconds: 0.1 });
    await server.close();
    await drained;
    await closed;
    expect([socket.destroyed, server.app.getHttpServer().listening]).toEqual([true, false]);
  });

  it('answers who is held, and nobody afterwards', async () => {
    const user = new JoblibUser(server.origin, 'alice');
    await user.register('lab:modifiers:Rotate');
    const { id } = await server.app
      .get(JoblibTasks)
      .submit({ id: 'alice', isSuperuser: false }, { roomId: 'lab', jobName: 'lab:modifiers:Rotate' });
    const held = user.task(id, { prefer: 'wait=60' });
    await pollsHeld(server, 1);
    const drained = stopListening(server.app.getHttpServer());
    await server.close();
    const { status, body } = await held;
    expect([status, body.status]).toEqual([200, 'pending']);
    await drained;
    await expect(user.task(id)).rejects.toThrow('fetch failed');
  });

  it('by `app.close()` alone is not held up by a client that keeps its connection after its answer', async () => {
    let letIn: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (letIn = resolve));
    const assertReadable = jest.fn(() => opened);
    await server.close();
    server = await startJoblib({ overrides: [{ provide: ROOM_READ_GUARD, useValue: { assertReadable } }] });
    const asked = new JoblibUser(server.origin, 'alice').call('GET', '/rooms/lab/jobs');
    await until('the question of the guard', () => assertReadable.mock.calls.length === 1);
    const closing = server.close();
    await until('the end of listening', () => !server.app.getHttpServer().listening);
    letIn();
    expect((await asked).status).toBe(200);
    await closing;
  });

  it('has nothing to do when it does not listen', async () => {
    await server.close();
    await expect(stopListening(server.app.getHttpServer())).resolves.toBeUndefined();
  });
});
