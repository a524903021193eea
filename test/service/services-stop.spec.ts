import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isRunning } from '../services/process-scene.js';
import { until } from '../support/until.js';
import { Playground } from './server-process.js';
import { STUBBORN_PROGRAM, ServicesScene, TELLING_PROGRAM } from './services-scene.js';

const WORKER = fileURLToPath(new URL('finishing-worker.mjs', import.meta.url));
const FINISH = '@global:modifiers:Finish';

const playground = new Playground();
let scene: ServicesScene;

beforeEach(async () => {
  scene = await ServicesScene.open(playground);
});
afterEach(() => playground.clear());

describe('stopping a server with services', () => {
  it('lets a worker finish its task, report it and take its leave', async () => {
    scene.configure({ services: [{ name: 'worker', command: ['node', WORKER], ready: { log: 'registered' } }] });
    await scene.start();
    await scene.untilHealthy();
    const { body: task } = await scene.root.submit('lab', FINISH);
    await scene.server.printed(/worker: at work/);
    const held = scene.root.task(task.id, { prefer: 'wait=60' });
    expect(await scene.server.stop()).toBe(0);
    expect((await held).body).toMatchObject({ status: 'completed', result: 'finished' });
    scene.configure({});
    await scene.start();
    expect((await scene.root.task(task.id)).body).toMatchObject({ status: 'completed', result: 'finished' });
    expect((await scene.root.call('GET', '/workers')).body).toMatchObject({ total: 0 });
  });

  it('ends them in reverse start order', async () => {
    scene.configure({
      services: [
        { name: 'web', command: TELLING_PROGRAM, ready: { log: 'found' }, requires: ['cache'] },
        { name: 'cache', command: TELLING_PROGRAM, ready: { log: 'found' } },
      ],
    });
    await scene.start();
    await scene.untilHealthy();
    expect(await scene.server.stop()).toBe(0);
    const moves = [...scene.server.stdout.matchAll(/Service (\S+): (\S+) -> (?:starting|running|stopping|stopped)$/gm)];
    expect(moves.map(([, name, from]) => `${name} ${from}`)).toEqual([
      ...['cache initialized', 'web initialized', 'cache starting', 'web starting'],
      ...['web running', 'web stopping', 'cache running', 'cache stopping'],
    ]);
  });

  it('takes no more time than it has: what does not end is killed, a start is given up', async () => {
    const stubborn = { command: STUBBORN_PROGRAM, ready: { log: 'here' }, stop_timeout_seconds: 600 };
    scene.configure({
      services: [
        { name: 'base', ...stubborn },
        { name: 'second', ...stubborn, requires: ['base'] },
        { name: 'late', command: STUBBORN_PROGRAM, ready: { log: 'never' }, start_timeout_seconds: 600 },
      ],
    });
    await scene.start();
    await scene.server.printed(/late: here/);
    await until('two that run', async () => (await scene.services()).filter(({ state }) => state === 'running').length === 2);
    const pids = scene.pids();
    expect(pids.map(isRunning)).toEqual([true, true, true]);
    const client = await silentClient(scene.url);
    expect(await scene.server.stop('SIGINT')).toBe(0);
    client.destroy();
    expect(pids.map(isRunning)).toEqual([false, false, false]);
    expect(scene.pids()).toEqual([]);
    expect(scene.server.stdout).toContain('Service second: there is no more time. It is ended by force.');
    expect(scene.server.stderr).toContain('Service late: starting -> failed: Service late failed to start: stopped while starting');
  });
});

describe('a server that was killed', () => {
  it('has what it left ended by the next one, of services that are no longer there too', async () => {
    const services = ['one', 'another'].map((name) => ({ name, command: TELLING_PROGRAM, ready: { log: 'found' } }));
    scene.configure({ services });
    await scene.start();
    await scene.untilHealthy();
    const orphans = scene.pids();
    await scene.server.stop('SIGKILL');
    expect(orphans.map(isRunning)).toEqual([true, true]);
    scene.configure({});
    await scene.start();
    await until('the end of both', () => !orphans.some(isRunning));
    await until('the end of their records', () => scene.pids().length === 0);
    for (const pid of orphans) expect(scene.server.stdout).toContain(`process ${pid} was left behind, and is ended.`);
    expect(await scene.services()).toEqual([]);
  });
});

/** Never finishes its request, which takes time of a stop, too. */
async function silentClient(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write('POST /v1/joblib/workers HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
  await once(socket, 'data'); // its 401
  return socket;
}
