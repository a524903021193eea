import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { defineExtension } from '@joblib/client';
import { quiet } from '@joblib/client/testing';

import { DOUBLE, Double, aGate, aScene, clearScenes, rejection } from './scene.js';
import type { Scene } from './scene.js';

afterEach(clearScenes);

function heartbeats({ server }: Scene): number {
  return server.requests.filter(({ method, path }) => method === 'PATCH' && path.includes('/workers/')).length;
}

const WAIT = '@global:modifiers:Wait';

/** A scene whose worker is in the middle of a task. */
async function working(options: Parameters<typeof aScene>[0] = {}) {
  const scene = aScene(options);
  const gate = aGate();
  const running = aGate<AbortSignal>();
  const Wait = defineExtension({
    name: 'Wait',
    async run({ signal }) {
      running.open(signal);
      await gate.promise;
      return 'done';
    },
  });
  await scene.manager.register(Wait);
  const served = scene.manager.serve();
  const { id } = scene.server.submit('lab', WAIT);
  const signal = await running.promise;
  return { ...scene, id, gate, signal, served };
}

describe('heartbeats', () => {
  it('begin with the worker and come at every interval', async () => {
    const scene = aScene({ heartbeatInterval: 10 });
    await scene.clock.advance(100);
    expect(heartbeats(scene)).toBe(0);
    await scene.manager.register(Double);
    await scene.clock.advance(29);
    expect(heartbeats(scene)).toBe(2);
    await scene.clock.advance(1);
    expect(heartbeats(scene)).toBe(3);
  });

  it('go on while running tasks are finished before the end', async () => {
    const { clock, manager, server, gate, id, ...scene } = await working({ heartbeatInterval: 3, drainSeconds: 10 });
    const left = manager.disconnect();
    await clock.advance(9);
    expect(heartbeats({ server, clock, manager, log: scene.log })).toBe(3);
    gate.open();
    await left;
    expect(server.task(id).status).toBe('completed');
  });

  it('come at once and often while the socket is away, so that the server does not take the worker for dead', async () => {
    const scene = aScene();
    await scene.manager.register(Double);
    scene.server.dropSockets();
    await quiet();
    expect(heartbeats(scene)).toBe(1);
    await scene.clock.advance(4);
    expect(heartbeats(scene)).toBe(3);
    scene.server.comeBack();
    await scene.clock.advance(2);
    const now = heartbeats(scene);
    await scene.clock.advance(29);
    expect(heartbeats(scene)).toBe(now);
  });
});

describe('an outage', () => {
  it('that is short is ridden out: a task submitted after it is done', async () => {
    const { clock, server, manager } = aScene();
    await manager.register(Double);
    void manager.serve();
    await quiet();
    server.goDown();
    await clock.advance(60);
    server.comeBack();
    const { id } = server.submit('lab', DOUBLE, { n: 2 });
    await clock.advance(11);
    expect(server.task(id)).toMatchObject({ status: 'completed', result: { doubled: 4 } });
  });

  it('does not lose work: the result is reported after it', async () => {
    const { clock, server, gate, id } = await working();
    server.goDown();
    gate.open();
    await clock.advance(100);
    expect(server.task(id).status).toBe('running');
    server.comeBack();
    await clock.advance(31);
    expect(server.task(id)).toMatchObject({ status: 'completed', result: 'done' });
  });

  it('is over when the socket is back: what waits is sent at once', async () => {
    const { clock, server, gate, id } = await working();
    server.goDown();
    gate.open();
    await clock.advance(40);
    server.comeBack();
    await quiet();
    expect(server.task(id)).toMatchObject({ status: 'completed', result: 'done' });
  });

  it('is asked about less and less often', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const { clock, server, manager, log } = aScene({ heartbeatInterval: 1000 });
    await manager.register(Double);
    server.goDown();
    void manager.serve();
    await clock.advance(36);
    // At 0, 1, 3, 7, 15, 25 and 35 s.
    expect(log.lines.filter((line) => line.startsWith('warn A claim failed'))).toHaveLength(7);
  });

  it('that is longer than maxUnreachableSeconds stops the worker cleanly', async () => {
    const { clock, server, manager, signal, served } = await working({ maxUnreachableSeconds: 60, heartbeatInterval: 10 });
    server.goDown();
    await clock.advance(55);
    expect(manager.stopped).toBeNull();
    await clock.advance(15);
    expect(manager.stopped).toMatchObject({ kind: 'unreachable', error: { name: 'ServerUnreachableError' } });
    expect(signal.aborted).toBe(true);
    await clock.advance(10);
    expect(await served).toMatchObject({ kind: 'unreachable' });
    expect(await manager.wait()).toMatchObject({ kind: 'unreachable' });
  });

  it('starts to count anew after every answer', async () => {
    const { clock, server, manager } = aScene({ maxUnreachableSeconds: 60, heartbeatInterval: 10 });
    await manager.register(Double);
    for (let round = 0; round < 3; round += 1) {
      server.goDown();
      await clock.advance(50);
      server.comeBack();
      await clock.advance(15);
    }
    expect(manager.stopped).toBeNull();
  });

  it('of the database counts like one of the server', async () => {
    const { clock, server, manager } = aScene({ maxUnreachableSeconds: 5, heartbeatInterval: 10 });
    await manager.register(Double);
    for (let count = 0; count < 10; count += 1) server.refuseNext({ method: 'PATCH', path: '/workers/' }, 'DatabaseUnavailable');
    await clock.advance(30);
    expect(manager.stopped).toMatchObject({ kind: 'unreachable', error: { problem: 'DatabaseUnavailable' } });
  });
});

describe('a proxy in between', () => {
  it('may answer 404 while the server is replaced, but not at the start', async () => {
    let isReplaced = false;
    const { clock, server, manager } = aScene({
      fetch: async (url, init) => (isReplaced ? new Response('no such backend', { status: 404 }) : server.connection().fetch(url, init)),
    });
    await manager.register(Double);
    isReplaced = true;
    void manager.serve();
    await clock.advance(60);
    expect(manager.stopped).toBeNull();
    isReplaced = false;
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    await clock.advance(11);
    expect(server.task(id).status).toBe('completed');
    isReplaced = true;
    await expect(manager.register({ ...Double, name: 'Late' })).rejects.toMatchObject({ name: 'UnexpectedAnswerError', status: 404 });
    await clock.advance(200);
    expect(manager.stopped).toMatchObject({ kind: 'unreachable' });
  });
});

describe('a cancel', () => {
  it('that was missed without a socket reaches the run when the socket is back', async () => {
    const { server, signal, id } = await working();
    server.dropSockets();
    server.cancel(id);
    await quiet();
    expect(signal.aborted).toBe(false);
    server.comeBack();
    await quiet();
    expect(signal.reason).toEqual(new Error('The task is cancelled.'));
  });
});

describe('a claim', () => {
  it('without an answer is given up and made again', async () => {
    const { clock, server, manager, log } = aScene({
      fetch: (url, init) => (url.endsWith('/claim') && !hung++ ? hang(init.signal) : server.connection().fetch(url, init)),
    });
    let hung = 0;
    await manager.register(Double);
    void manager.serve();
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    await clock.advance(59);
    expect(server.task(id).status).toBe('pending');
    await clock.advance(3);
    expect(server.task(id).status).toBe('completed');
    expect(log.lines.find((line) => line.includes('A claim failed'))).toContain('no answer within 60 s');
  });

  it('that the server does not hold is repeated after pollingInterval, or at once when a task is announced', async () => {
    const { clock, server, manager } = aScene({
      pollingInterval: 5,
      fetch: (url, init) => server.connection().fetch(url, { ...init, headers: without(init.headers, 'Prefer') }),
    });
    await manager.register(Double);
    void manager.serve();
    await clock.advance(11);
    const claims = (): number => server.requests.filter(({ path }) => path.endsWith('/claim')).length;
    expect(claims()).toBe(3);
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    await quiet();
    expect(server.task(id).status).toBe('completed');
  });
});

describe('a lost registration', () => {
  it('stops the worker cleanly', async () => {
    const { server, manager, log } = aScene();
    await manager.register(Double);
    const served = manager.serve();
    server.sweep(manager.workerId ?? '');
    expect(await served).toMatchObject({ kind: 'registration-lost', error: { problem: 'WorkerNotFound' } });
    expect(log.lines.at(-1)).toContain('the server does not know this worker any more, stopping');
    await expect(manager.serve()).rejects.toThrow('This JobManager has stopped (registration-lost)');
  });

  it('is noticed by a heartbeat, and aborts what is running', async () => {
    const { clock, server, manager, signal, served } = await working();
    server.sweep(manager.workerId ?? '');
    await clock.advance(30);
    expect(signal.aborted).toBe(true);
    await clock.advance(10);
    expect(await served).toMatchObject({ kind: 'registration-lost' });
  });

  it.each(['Unauthorized', 'Forbidden'] as const)('is what %s means', async (problem) => {
    const { clock, server, manager } = aScene();
    await manager.register(Double);
    server.refuseNext({ method: 'PATCH', path: '/workers/' }, problem);
    await clock.advance(30);
    expect(manager.stopped).toMatchObject({ kind: 'registration-lost', error: { problem } });
    const asked = server.requests.length;
    await clock.advance(300);
    expect(server.requests).toHaveLength(asked);
  });

  it('leaves submitting and waiting as they are', async () => {
    const { server, manager } = aScene();
    const { manager: other } = aScene(server.connection());
    await manager.register(Double);
    await other.register(Double);
    server.sweep(manager.workerId ?? '');
    await manager.serve();
    void other.serve();
    const task = await manager.submit(Double, { n: 4 }, { room: 'lab' });
    expect(await manager.waitFor(task.id)).toMatchObject({ status: 'completed', result: { doubled: 8 } });
  });
});

describe('a lost answer', () => {
  it('to a start is no reason to drop the task', async () => {
    const { clock, server, manager } = aScene();
    await manager.register(Double);
    server.loseNextAnswer({ method: 'PATCH', status: 'running' });
    void manager.serve();
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    await clock.advance(5);
    expect(server.task(id)).toMatchObject({ status: 'completed', result: { doubled: 2 } });
  });

  it('to a completion is taken for what it was', async () => {
    const { clock, server, manager } = aScene();
    await manager.register(Double);
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    const task = await manager.claim();
    await manager.start({ id });
    server.loseNextAnswer({ method: 'PATCH', status: 'completed' });
    const completed = manager.complete({ id }, { doubled: 2 });
    await clock.advance(5);
    await expect(completed).resolves.toBeUndefined();
    expect(task?.signal.aborted).toBe(false);
    expect(server.task(id).status).toBe('completed');
  });

  it('to a start, with a cancel in between, is a lost task', async () => {
    const { clock, server, manager } = aScene();
    await manager.register(Double);
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    const task = await manager.claim();
    server.loseNextAnswer({ method: 'PATCH', status: 'running' });
    const started = rejection(manager.start({ id }));
    await quiet();
    server.cancel(id);
    await clock.advance(5);
    expect(await started).toMatchObject({ problem: 'InvalidTaskTransition' });
    expect(task?.signal.aborted).toBe(true);
  });

  it('to a submission does not make two tasks of it', async () => {
    const { clock, server, manager } = aScene();
    await manager.register(Double);
    server.loseNextAnswer({ method: 'POST', path: '/rooms/lab/tasks/' });
    const submitted = manager.submit(Double, { n: 1 }, { room: 'lab' });
    await clock.advance(5);
    expect([...server.world.tasks.keys()]).toEqual([(await submitted).id]);
  });
});

function hang(signal: AbortSignal): Promise<Response> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
}

function without(headers: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));
}
