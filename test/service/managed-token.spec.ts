import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { Playground } from './server-process.js';
import { ServicesScene, TELLING_PROGRAM } from './services-scene.js';

const playground = new Playground();
const sockets: Socket[] = [];
let scene: ServicesScene;

beforeAll(async () => {
  scene = await ServicesScene.open(playground);
  scene.configure({ services: [{ name: 'teller', command: TELLING_PROGRAM, ready: { log: 'found' } }] });
  await scene.start();
  await scene.untilHealthy();
});
afterAll(async () => {
  for (const socket of sockets) socket.close();
  await playground.clear();
});

/** The token of the last start. */
function tokenInUse(): string {
  const token = scene.findings('teller').at(-1)?.token;
  if (token === undefined) throw new Error('No token was found.');
  return token;
}

async function statusWith(token: string): Promise<number> {
  const response = await fetch(`${scene.url}/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  return response.status;
}

/** What becomes of a connection. */
async function connecting(token: string, transport: string): Promise<{ socket: Socket; outcome: string }> {
  const socket = io(scene.url, { auth: { token }, transports: [transport], reconnection: false, forceNew: true });
  sockets.push(socket);
  const outcome = await new Promise<string>((resolve) => {
    socket.once('connect', () => resolve('connected'));
    socket.once('connect_error', (error) => resolve(error.message));
  });
  return { socket, outcome };
}

async function call(verb: string): Promise<void> {
  expect(await scene.root.call('POST', `/services/teller/${verb}`)).toMatchObject({ status: 202 });
}

/** One story: each part goes on where the one before has ended. */
describe('the token of a service', () => {
  it('is good for requests and sockets while the service runs', async () => {
    const token = tokenInUse();
    expect(await statusWith(token)).toBe(200);
    for (const transport of ['websocket', 'polling']) expect((await connecting(token, transport)).outcome).toBe('connected');
  });

  it('is worth nothing after a restart, which brings another one; sockets that came with it are ended', async () => {
    const before = tokenInUse();
    const farewells = sockets.map((socket) => new Promise<string>((resolve) => socket.once('disconnect', resolve)));
    await call('restart');
    expect(await Promise.all(farewells)).toEqual(['io server disconnect', 'io server disconnect']);
    await scene.untilHealthy();
    expect(tokenInUse()).not.toBe(before);
    expect([await statusWith(before), await statusWith(tokenInUse())]).toEqual([401, 200]);
    expect((await connecting(before, 'websocket')).outcome).not.toBe('connected');
  });

  it('is worth nothing after the program has ended by itself; what is started in its place gets another one', async () => {
    const before = tokenInUse();
    for (const pid of scene.pids()) process.kill(pid, 'SIGKILL');
    await scene.untilServices('a restart', ({ state, restarts }) => state === 'running' && restarts === 1);
    expect([await statusWith(before), await statusWith(tokenInUse())]).toEqual([401, 200]);
  });

  it('is worth nothing after a stop', async () => {
    const token = tokenInUse();
    const { socket } = await connecting(token, 'websocket');
    const farewell = new Promise<string>((resolve) => socket.once('disconnect', resolve));
    await call('stop');
    expect(await farewell).toBe('io server disconnect');
    expect(await statusWith(token)).toBe(401);
  });

  it('is worth nothing on the server that comes after this one', async () => {
    await call('start');
    await scene.untilHealthy();
    const token = tokenInUse();
    await scene.server.stop('SIGKILL');
    await scene.start();
    expect(await statusWith(token)).toBe(401);
  });

  it('is not what makes a user who calls himself a service a superuser', async () => {
    const own = await playground.token(scene.folder, ['--sub', 'service:teller']);
    const response = await fetch(`${scene.url}/v1/me`, { headers: { authorization: `Bearer ${own}` } });
    expect(await response.json()).toMatchObject({ id: 'service:teller', is_superuser: false });
  });
});
