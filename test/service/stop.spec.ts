import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { io } from 'socket.io-client';
import { Playground } from './server-process.js';

const playground = new Playground();

afterEach(() => playground.clear());

describe('stopping the service', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends with exit code 0 at %s', async (signal) => {
    const server = playground.start(playground.folder(), { DATABASE_URL: 'sqlite::memory:' });
    await server.listening();
    expect(await server.stop(signal)).toBe(0);
    expect(server.stderr).toBe('');
  });

  it('answers a held claim, closes its idle connection and takes no new one', async () => {
    const folder = playground.folder();
    const authorization = `Bearer ${await playground.token(folder, ['--sub', 'alice'])}`;
    const server = playground.start(folder);
    const address = await server.listening();
    const post = (path: string, prefer = 'wait=0'): Promise<Response> =>
      fetch(`${address}/v1/joblib${path}`, {
        method: 'POST',
        headers: { authorization, prefer, 'content-type': 'application/json' },
        body: '{}',
      });
    await (await post('/workers')).json();
    const held = post('/tasks/claim', 'wait=60');
    await metric(address, 'joblib_held_claims', 1);
    const ended = server.stop();
    const answer = await held;
    expect([answer.status, await answer.json()]).toEqual([200, { task: null }]);
    expect(await ended).toBe(0);
    await expect(fetch(`${address}/health/live`)).rejects.toThrow();
  });

  it('closes websockets and polling clients', async () => {
    const folder = playground.folder();
    const token = await playground.token(folder, ['--sub', 'alice']);
    const server = playground.start(folder);
    const address = await server.listening();
    const sockets = ['websocket', 'polling'].map((transport) =>
      io(address, { auth: { token }, transports: [transport], reconnection: false, forceNew: true }),
    );
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once('connect', resolve))));
    const farewells = Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once('disconnect', () => resolve()))));
    expect(await server.stop()).toBe(0);
    await farewells;
    expect(server.stderr).toBe('');
  });

  it('is not held up by a client that never finishes its request', async () => {
    const server = playground.start(playground.folder(), { DATABASE_URL: 'sqlite::memory:' });
    const { hostname, port } = new URL(await server.listening());
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write('POST /v1/joblib/workers HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
    await once(socket, 'data'); // its 401
    expect(await server.stop()).toBe(0);
    socket.destroy();
  });
});

/** Resolves once a figure of the server has this value. */
async function metric(address: string, name: string, value: number): Promise<void> {
  const line = `${name} ${value}\n`;
  while (!(await (await fetch(`${address}/metrics`)).text()).includes(line));
}
