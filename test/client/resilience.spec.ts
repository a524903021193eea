import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { quiet } from '@joblib/client/testing';

import { DOUBLE, Double, aScene, aWorkingScene, clearScenes } from './scene.js';
import type { Scene } from './scene.js';

afterEach(clearScenes);

function heartbeats({ server }: Scene): number {
  return server.requests.filter(({ method, path }) => method === 'PATCH' && path.includes('/workers/')).length;
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
    const { clock, manager, server, gate, id, ...scene } = await aWorkingScene({ heartbeatInterval: 3, drainSeconds: 10 });
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
    const { clock, server, gate, id } = await aWorkingScene();
    server.goDown();
    gate.open();
    await clock.advance(100);
    expect(server.task(id).status).toBe('running');
    server.comeBack();
    await clock.advance(31);
    expect(server.task(id)).toMatchObject({ status: 'completed', result: 'done' });
  });

  it('is over when the socket is back: what waits is sent at once', async () => {
    const { clock, server, gate, id } = await aWorkingScene();
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
    const { clock, server, manager, signal, served } = await aWorkingScene({ maxUnreachableSeconds: 60, heartbeatInterval: 10 });
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
    const { server, signal, id } = await aWorkingScene();
    server.dropSockets();
    server.cancel(id);
    await quiet();
    expect(signal.aborted).toBe(false);
    server.comeBack();
    await quiet();
    expect(signal.reason).toEqual(new Error('The task is cancelled.'));
  });
});
