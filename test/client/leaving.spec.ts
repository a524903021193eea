import { afterEach, describe, expect, it } from '@jest/globals';
import { JobManager, ManagerStoppedError, defineExtension } from '@joblib/client';
import { quiet } from '@joblib/client/testing';

import { until } from '../support/until.js';
import { DOUBLE, Double, aGate, aScene, clearScenes, rejection } from './scene.js';

afterEach(clearScenes);

const WAIT = '@global:modifiers:Wait';

describe('disconnect', () => {
  it('leaves its rooms, then deletes the worker, and forgets its jobs', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    expect(server.occupancy()).toEqual({ [`jobs:${DOUBLE}`]: 1 });
    await manager.disconnect();
    expect(server.occupancy()).toEqual({});
    expect(server.world.workers.size).toBe(0);
    expect([manager.workerId, manager.size, manager.stopped]).toEqual([null, 0, { kind: 'disconnected' }]);
  });

  it('is done once, however often and however concurrently it is called', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    await Promise.all([manager.disconnect(), manager.disconnect()]);
    await manager.disconnect();
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  });

  it('without a worker asks nobody anything', async () => {
    const { server, manager } = aScene();
    await manager.disconnect();
    expect(server.requests).toEqual([]);
  });

  it('tolerates a server that is away, and one that does not answer', async () => {
    const { server, manager, log } = aScene();
    await manager.register(Double);
    server.goDown();
    await manager.disconnect();
    expect(log.lines.at(-1)).toContain('was not deleted, the server will notice');

    const silent = aScene({
      fetch: (url, init) =>
        init.method === 'DELETE'
          ? new Promise((_, reject) => init.signal.addEventListener('abort', () => reject(new Error('aborted'))))
          : silent.server.connection().fetch(url, init),
    });
    await silent.manager.register(Double);
    const left = silent.manager.disconnect();
    await silent.clock.advance(5);
    await left;
    expect(silent.log.lines.at(-1)).toContain('no answer within 5 s');
  });

  it('waits for running tasks up to the limit, and then tells them', async () => {
    const running = aGate<AbortSignal>();
    const Endless = defineExtension({
      name: 'Wait',
      run({ signal }) {
        running.open(signal);
        return new Promise(() => undefined);
      },
    });
    const { clock, server, manager } = aScene({ drainSeconds: 20 });
    await manager.register(Endless);
    void manager.serve();
    const { id } = server.submit('lab', WAIT);
    const signal = await running.promise;
    const left = manager.disconnect();
    await clock.advance(19);
    expect([signal.aborted, server.task(id).status]).toEqual([false, 'running']);
    await clock.advance(1);
    await left;
    expect(signal.reason).toEqual(new ManagerStoppedError({ kind: 'disconnected' }));
    expect(server.task(id)).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
  });

  it('gives up the claim that is being held, so that nothing is taken any more', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    void manager.serve();
    await quiet();
    const left = manager.disconnect();
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    await left;
    expect(server.task(id)).toMatchObject({ status: 'pending', attempt: 0 });
  });

  it('sends no heartbeats afterwards', async () => {
    const { clock, server, manager } = aScene();
    await manager.register(Double);
    await manager.disconnect();
    const asked = server.requests.length;
    await clock.advance(300);
    expect(server.requests).toHaveLength(asked);
  });

  it('ends listening, waiting for tasks and wait()', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    const waiting = rejection(manager.waitFor(id));
    const stopped = manager.wait();
    await manager.claim();
    const next = manager.listen().next();
    await manager.disconnect();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await stopped).toEqual({ kind: 'disconnected' });
    expect(await waiting).toBeInstanceOf(ManagerStoppedError);
  });
});

describe('disconnect while a provider is read', () => {
  const SLOW = '@global:slow:one';

  /** A read that goes on until the test ends it. */
  async function aRead(drainSeconds: number) {
    const ends: (() => void)[] = [];
    class Slow {
      static readonly category = 'slow';
      read(): Promise<string> {
        return new Promise((resolve) => ends.push(() => resolve('done')));
      }
    }
    const scene = aScene({ drainSeconds });
    await scene.manager.registerProvider(Slow, { name: 'one', handler: null });
    const answer = scene.server.read(SLOW, {});
    await until('the read', () => ends.length === 1);
    const uploads = (): number => scene.server.requests.filter(({ path }) => path.endsWith('/results')).length;
    return { ...scene, ends, end: () => ends[0]?.(), answer, uploads };
  }

  it('lets it finish and uploads it, in the time that tasks get', async () => {
    const { clock, server, manager, end, answer } = await aRead(20);
    const left = manager.disconnect();
    await clock.advance(19);
    expect(server.world.workers.size).toBe(1);
    end();
    await left;
    expect(await answer).toMatchObject({ isError: false });
    expect(server.requests.slice(-2).map(({ method }) => method)).toEqual(['POST', 'DELETE']);
    expect(server.world.workers.size).toBe(0);
  });

  it('uploads it again when the first time failed', async () => {
    const { clock, server, manager, end, answer } = await aRead(20);
    server.refuseNext({ method: 'POST', path: '/results' }, 'DatabaseUnavailable');
    const left = manager.disconnect();
    end();
    await clock.advance(5);
    await left;
    expect(await answer).toMatchObject({ isError: false });
  });

  it('gives it up when the time is over', async () => {
    const { clock, server, manager, uploads } = await aRead(20);
    const left = manager.disconnect();
    await clock.advance(20);
    await left;
    expect([server.world.workers.size, uploads()]).toEqual([0, 0]);
  });

  it('does not wait for what is asked meanwhile, and does not wait at all for what nobody takes any more', async () => {
    const { server, manager, ends, end, answer, uploads } = await aRead(20);
    const left = manager.disconnect();
    void server.read(SLOW, {}, 'another');
    await until('another read', () => ends.length === 2);
    end();
    await left;
    expect(await answer).toMatchObject({ isError: false });
    expect(uploads()).toBe(1);

    const lost = await aRead(20);
    lost.server.refuseNext({ method: 'PATCH', path: '/workers' }, 'WorkerNotFound');
    await lost.clock.advance(30);
    expect(lost.manager.stopped).toMatchObject({ kind: 'registration-lost' });
    await lost.manager.disconnect();
    expect(lost.uploads()).toBe(0);
  });
});

describe('await using', () => {
  it('disconnects at the end of the block, also when that is left by an error', async () => {
    const { server } = aScene();
    const work = async (): Promise<void> => {
      await using manager = new JobManager(server.connection());
      await manager.register(Double);
      expect(server.world.workers.size).toBe(1);
      throw new Error('out');
    };
    await expect(work()).rejects.toThrow('out');
    expect(server.world.workers.size).toBe(0);
  });
});

describe('wait', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('disconnects at %s and leaves no listener behind', async (signal) => {
    const { server, manager } = aScene();
    await manager.register(Double);
    const before = process.listenerCount(signal);
    const stopped = manager.wait();
    expect(process.listenerCount(signal)).toBe(before + 1);
    process.emit(signal, signal);
    expect(process.listenerCount(signal)).toBe(before);
    expect(await stopped).toEqual({ kind: 'disconnected' });
    expect(server.world.workers.size).toBe(0);
  });
});
