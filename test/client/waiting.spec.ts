import { afterEach, describe, expect, it } from '@jest/globals';
import type { Progress } from '@joblib/contract';
import { quiet } from '@joblib/client/testing';

import { DOUBLE, Double, aScene, clearScenes, rejection } from './scene.js';

afterEach(clearScenes);

/** Two managers on one server: one that works and one that submits. */
async function twoSides(options: Parameters<typeof aScene>[0] = {}) {
  const scene = aScene(options);
  const worker = scene.manager;
  const submitter = aScene({ ...scene.server.connection(), ...options });
  await worker.register(Double);
  return { ...scene, worker, user: submitter.manager };
}

describe('submit', () => {
  it('of very many at once warns of no leak', async () => {
    const { server, user } = await twoSides();
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    await Promise.all(Array.from({ length: 50 }, (_, n) => user.submit(Double, { n }, { room: 'lab' })));
    const waiting = [...server.world.tasks.keys()].map((id) => user.waitFor(id, { onProgress: () => undefined }));
    await quiet();
    for (const id of server.world.tasks.keys()) server.cancel(id);
    await Promise.all(waiting);
    process.off('warning', onWarning);
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
  });

  it('takes an extension or a full name, and names the room', async () => {
    const { server, user, worker } = await twoSides();
    await worker.register(Double, { room: 'lab' });
    const tasks = [
      await user.submit(Double, { n: 1 }, { room: 'lab' }),
      await user.submit(Double, { n: 2 }, { room: 'lab', jobRoom: 'lab' }),
      await user.submit('lab:modifiers:Double', { n: 3 }, { room: 'lab' }),
    ];
    expect(tasks.map(({ job_name: name }) => name)).toEqual([DOUBLE, 'lab:modifiers:Double', 'lab:modifiers:Double']);
    expect(tasks.map(({ id }) => server.task(id).payload)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('sends a key of its own with each task, and the given one if there is one', async () => {
    const { server, user } = await twoSides();
    await user.submit(Double, { n: 1 }, { room: 'lab' });
    await user.submit(Double, { n: 1 }, { room: 'lab' });
    const first = await user.submit(Double, { n: 1 }, { room: 'lab', idempotencyKey: 'mine' });
    const again = await user.submit(Double, { n: 1 }, { room: 'lab', idempotencyKey: 'mine' });
    expect(again.id).toBe(first.id);
    const keys = server.requests.slice(-4).map(({ headers }) => headers['Idempotency-Key']);
    expect(new Set(keys).size).toBe(3);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('encodes names and rooms', async () => {
    const { server, user, worker } = await twoSides();
    await worker.register({ ...Double, name: 'a/b c?é' }, { room: 'r/1 #' });
    await user.submit('r/1 #:modifiers:a/b c?é', {}, { room: 'r/1 #' });
    expect(server.requests.at(-1)?.path).toBe('/v1/joblib/rooms/r%2F1%20%23/tasks/r%2F1%20%23%3Amodifiers%3Aa%2Fb%20c%3F%C3%A9');
  });

  it('is refused with the problem of the catalogue, and not repeated', async () => {
    const { server, user } = await twoSides();
    await expect(user.submit('@global:modifiers:None', {}, { room: 'lab' })).rejects.toMatchObject({
      problem: 'JobNotFound',
      message: "Job '@global:modifiers:None' is not registered.",
    });
    expect(server.requests).toHaveLength(3);
  });
});

describe('waitFor', () => {
  it('resolves to the task at its end, whichever that is', async () => {
    const { server, user, worker } = await twoSides();
    void worker.serve();
    const good = await user.submit(Double, { n: 1 }, { room: 'lab' });
    expect(await user.waitFor(good.id)).toMatchObject({ status: 'completed', result: { doubled: 2 } });
    const bad = server.submit('lab', DOUBLE, { n: 'x' });
    expect(await user.waitFor(bad.id)).toMatchObject({ status: 'failed' });
    expect(await user.waitFor(bad.id)).toMatchObject({ status: 'failed' });
  });

  it('holds its reads instead of asking again and again', async () => {
    const { clock, server, user } = await twoSides();
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    const waiting = user.waitFor(id);
    await clock.advance(65);
    const reads = server.requests.filter(({ method }) => method === 'GET');
    expect(reads.map(({ headers }) => headers['Prefer'])).toEqual([undefined, 'wait=30', 'wait=30', 'wait=30']);
    server.cancel(id);
    expect(await waiting).toMatchObject({ status: 'cancelled' });
  });

  it('tells each progress once, live, in order', async () => {
    const { server, user, worker } = await twoSides();
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    await worker.claim();
    await worker.start({ id });
    await worker.progress({ id }, 0.1);
    const told: Progress[] = [];
    const waiting = user.waitFor(id, { onProgress: (progress) => told.push(progress) });
    await quiet();
    expect(server.occupancy()).toMatchObject({ 'room:lab': 1 });
    await worker.progress({ id }, 0.2);
    await worker.progress({ id }, 0.2);
    await worker.progress({ id }, { current: 3, total: 10 });
    await quiet();
    expect(told).toEqual([0.1, 0.2, { current: 3, total: 10 }]);
    await worker.complete({ id });
    await waiting;
    expect(server.occupancy()['room:lab']).toBeUndefined();
  });

  it('asks for progress every pollingInterval without sockets', async () => {
    const { clock, server, user, worker } = await twoSides({ socket: false });
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    await worker.claim();
    await worker.start({ id });
    const told: Progress[] = [];
    const waiting = user.waitFor(id, { onProgress: (progress) => told.push(progress) });
    await worker.progress({ id }, 0.5);
    await clock.advance(2);
    expect(told).toEqual([0.5]);
    await worker.complete({ id });
    await waiting;
  });

  it('keeps two waiters of one room apart from each other’s end', async () => {
    const { server, user } = await twoSides();
    const first = server.submit('lab', DOUBLE, { n: 1 });
    const second = server.submit('lab', DOUBLE, { n: 2 });
    const waiting = [first, second].map(({ id }) => user.waitFor(id, { onProgress: () => undefined }));
    await quiet();
    server.cancel(first.id);
    await waiting[0];
    expect(server.occupancy()['room:lab']).toBe(1);
    server.cancel(second.id);
    await waiting[1];
    expect(server.occupancy()['room:lab']).toBeUndefined();
  });

  it('ends with its signal and leaves the task alone', async () => {
    const { server, user } = await twoSides();
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    const stopping = new AbortController();
    const waiting = rejection(user.waitFor(id, { signal: stopping.signal }));
    await quiet();
    stopping.abort(new Error('enough'));
    expect(await waiting).toEqual(new Error('enough'));
    expect(server.task(id).status).toBe('pending');
  });

  it('rides out an outage, and gives up one that is too long', async () => {
    const { clock, server, user } = await twoSides({ maxUnreachableSeconds: 60 });
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    const short = user.waitFor(id);
    await quiet();
    server.goDown();
    await clock.advance(40);
    server.comeBack();
    server.cancel(id);
    await clock.advance(31);
    expect(await short).toMatchObject({ status: 'cancelled' });

    const next = server.submit('lab', DOUBLE, { n: 1 });
    const long = rejection(user.waitFor(next.id));
    await quiet();
    server.goDown();
    await clock.advance(120);
    expect(await long).toMatchObject({ name: 'ServerUnreachableError', message: expect.stringContaining('fetch failed') });
  });

  it('does not ask in a busy loop when the server does not hold its reads', async () => {
    const { clock, server, worker } = await twoSides();
    await worker.register(Double);
    const { manager: user } = aScene({
      ...server.connection(),
      fetch: (url, init) => server.connection().fetch(url, { ...init, headers: { Authorization: 'Bearer x' } }),
    });
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    const waiting = user.waitFor(id);
    await clock.advance(10);
    expect(server.requests.filter(({ method }) => method === 'GET').length).toBeLessThan(8);
    server.cancel(id);
    await clock.advance(2);
    await waiting;
  });

  it('says so when there is no such task', async () => {
    const { user } = await twoSides();
    await expect(user.waitFor('00000000-0000-7000-8000-00000000ffff')).rejects.toMatchObject({ problem: 'TaskNotFound' });
  });
});
