import { afterEach, describe, expect, it } from '@jest/globals';
import { quiet } from '@joblib/client/testing';

import { DOUBLE, Double, aScene, aWorkingScene, clearScenes, rejection } from './scene.js';

afterEach(clearScenes);

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
    const { clock, server, manager, signal, served } = await aWorkingScene();
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
