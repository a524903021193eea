import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { JobManager, ManagerStoppedError, ServerUnreachableError } from '@joblib/client';
import { quiet } from '@joblib/client/testing';

import { DOUBLE, Double, aScene, clearScenes, rejection } from './scene.js';

afterEach(clearScenes);

/** No jitter, so that delays can be told. */
function withoutJitter(): void {
  jest.spyOn(Math, 'random').mockReturnValue(0);
}

describe('register', () => {
  it('makes one worker for everything, also when two register at once', async () => {
    const { server, manager } = aScene();
    const Other = { ...Double, name: 'Other' };
    const [first, second] = await Promise.all([manager.register(Double), manager.register(Other, { room: 'lab' })]);
    expect(server.world.workers.size).toBe(1);
    expect([first.worker_id, second.worker_id]).toEqual([manager.workerId, manager.workerId]);
    expect([...manager]).toEqual([DOUBLE, 'lab:modifiers:Other']);
  });

  it('is a map of the registered jobs', async () => {
    const { manager } = aScene();
    await manager.register(Double, { context: 7 });
    expect(manager.size).toBe(1);
    expect([manager.has(DOUBLE), manager.has('lab:modifiers:Double')]).toEqual([true, false]);
    expect(manager.get(DOUBLE)).toBe(Double);
    expect(manager.get('lab:modifiers:Double')).toBeUndefined();
    expect(manager.contextOf(DOUBLE)).toBe(7);
  });

  it('tries again with growing delays while the server is away', async () => {
    withoutJitter();
    const { clock, server, manager } = aScene();
    server.goDown();
    const registered = manager.register(Double);
    await clock.advance(1 + 2 + 3.9);
    server.comeBack();
    await clock.advance(0.05);
    expect(server.requests).toEqual([]);
    await clock.advance(0.05);
    expect((await registered).full_name).toBe(DOUBLE);
  });

  it('adds up to a second of chance to each delay', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const { clock, server, manager } = aScene();
    server.refuseNext({ method: 'POST', path: '/workers' }, 'DatabaseUnavailable');
    const registered = manager.register(Double);
    await clock.advance(1.4);
    expect(server.requests).toHaveLength(1);
    await clock.advance(0.1);
    await registered;
  });

  it('waits as long as Retry-After says', async () => {
    const { clock, server, manager } = aScene();
    server.refuseNext({ method: 'POST', path: '/workers' }, 'DatabaseUnavailable', 'Full.', { 'Retry-After': '20' });
    const registered = manager.register(Double);
    await clock.advance(19);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    await registered;
  });

  it('gives up after maxStartupRetries tries', async () => {
    const { clock, server, manager, log } = aScene({ maxStartupRetries: 3 });
    server.goDown();
    const failed = rejection(manager.register(Double));
    await clock.advance(60);
    expect(await failed).toBeInstanceOf(ServerUnreachableError);
    expect(log.lines.filter((line) => line.startsWith('warn Making a worker failed'))).toHaveLength(2);
    server.comeBack();
    await manager.register(Double);
    expect(manager.size).toBe(1);
  });

  it.each(['Unauthorized', 'Forbidden', 'JobNotFound', 'SchemaConflict', 'InvalidCategory', 'ValidationError', 'RoomLocked'] as const)(
    'fails at once when it is refused as %s',
    async (problem) => {
      const { server, manager } = aScene();
      server.refuseNext({ method: 'PUT' }, problem, 'No.');
      await expect(manager.register(Double)).rejects.toMatchObject({ name: 'ProblemError', problem, message: 'No.' });
      expect(server.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
      expect(manager.size).toBe(0);
    },
  );

  it('leaves no second worker behind when the answer to a registration is lost', async () => {
    const { clock, server, manager } = aScene();
    server.loseNextAnswer({ method: 'PUT' });
    const registered = manager.register(Double);
    await clock.advance(5);
    expect((await registered).workers).toEqual([manager.workerId]);
    expect(server.world.workers.size).toBe(1);
  });

  it('stops trying when the manager is disconnected', async () => {
    const { server, manager } = aScene();
    server.goDown();
    const failed = rejection(manager.register(Double));
    await quiet();
    await manager.disconnect();
    expect(await failed).toBeInstanceOf(ManagerStoppedError);
    await expect(async () => manager.register(Double)).rejects.toThrow(ManagerStoppedError);
  });

  it.each(['', 'a\nb'])('refuses the name %j before it asks anybody', async (name) => {
    const { server, manager } = aScene();
    await expect(manager.register({ ...Double, name })).rejects.toThrow(TypeError);
    expect(server.requests).toEqual([]);
  });
});

describe('new JobManager', () => {
  const fit = { url: 'http://127.0.0.1:8000', token: 'a-token' };

  it.each([
    [{ url: 'nowhere' }, "'url' has to be the address of a server"],
    [{ concurrency: 0 }, "'concurrency' has to be a whole number from 1, not 0."],
    [{ concurrency: 1.5 }, "'concurrency'"],
    [{ heartbeatInterval: 0 }, "'heartbeatInterval' has to be more than 0"],
    [{ pollingInterval: Number.NaN }, "'pollingInterval'"],
    [{ maxUnreachableSeconds: -1 }, "'maxUnreachableSeconds' has to be 0 or more"],
    [{ maxStartupRetries: 0 }, "'maxStartupRetries'"],
  ])('refuses %j', (options, message) => {
    expect(() => new JobManager({ ...fit, ...options })).toThrow(message);
  });

  it('takes an undefined option for one that was not given', () => {
    expect(() => new JobManager({ ...fit, concurrency: undefined })).not.toThrow();
  });
});

describe('the token', () => {
  it('is asked for once, and again after a 401', async () => {
    const tokens = ['old', 'new'];
    const token = jest.fn(async () => tokens.shift() ?? 'none left');
    const { server, manager } = aScene({ token });
    await manager.register(Double);
    expect(token).toHaveBeenCalledTimes(1);
    server.acceptOnly('new');
    await Promise.all([manager.heartbeat(), manager.heartbeat()]);
    expect(token).toHaveBeenCalledTimes(2);
    expect(server.requests.slice(-4).map(({ token: sent }) => sent)).toEqual(['old', 'old', 'new', 'new']);
  });

  it('is not asked for a third time when the new one is refused, too', async () => {
    const token = jest.fn(() => 'wrong');
    const { server, manager } = aScene({ token });
    server.acceptOnly('right');
    await expect(manager.register(Double)).rejects.toMatchObject({ problem: 'Unauthorized' });
    expect(token).toHaveBeenCalledTimes(2);
  });

  it('that is a string is refused at once', async () => {
    const { server, manager } = aScene();
    server.acceptOnly('right');
    await expect(manager.register(Double)).rejects.toMatchObject({ problem: 'Unauthorized' });
    expect(server.requests).toHaveLength(1);
  });

  it('may fail to come for a while', async () => {
    let failures = 2;
    const token = (): string => {
      if (failures-- > 0) throw new Error('The login server is away.');
      return 'a-token';
    };
    const { clock, manager, log } = aScene({ token });
    const registered = manager.register(Double);
    await clock.advance(10);
    expect((await registered).full_name).toBe(DOUBLE);
    expect(log.lines[0]).toContain('The token could not be had');
  });
});
