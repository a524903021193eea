import { describe, expect, it } from '@jest/globals';

import { quiet } from '../fake-service-clock.fixture.js';
import { StopFailed } from '../service-errors.js';
import type { HealthCheckReport } from './service-status.js';
import { SupervisorScene, rejectionOf } from './supervisor-scene.fixture.js';

async function running(...args: ConstructorParameters<typeof SupervisorScene>): Promise<SupervisorScene> {
  const scene = new SupervisorScene(...args);
  await scene.start();
  scene.moves.length = 0;
  scene.service.calls.length = 0;
  return scene;
}

const DOWN = ['running -> stopping', 'stopping -> stopped'];
const UP = ['stopped -> initialized', 'initialized -> starting', 'starting -> running'];

describe('health checks', () => {
  it('happen once in an interval', async () => {
    const { service, clock } = await running({ healthIntervalSeconds: 5 });
    await clock.advance(4.9);
    expect(service.calls).toEqual([]);
    await clock.advance(10.1);
    expect(service.calls).toEqual(['health', 'health', 'health']);
  });

  it.each(['unhealthy', 'throw', 'hang'] as const)('that fail as often as the threshold (%s) lead to a restart', async (health) => {
    const scene = await running({ healthIntervalSeconds: 5, healthTimeoutSeconds: 1, unhealthyThreshold: 3 });
    scene.service.mood.health = health;
    await scene.clock.advance(12);
    expect(scene.status).toMatchObject({ state: 'running', health: 'unhealthy' });
    await scene.clock.advance(6);
    scene.service.mood.health = 'healthy';
    await scene.clock.advance(2);
    expect(scene.moves).toEqual([...DOWN, ...UP]);
    expect(scene.status).toMatchObject({ state: 'running', health: 'healthy', restarts: 1 });
    expect(scene.status.lastError).toMatch(/^Health check of service fake failed: /);
    expect([scene.service.aliveCount, scene.taken]).toEqual([1, 2]);
  });

  it('count in a row: a healthy one begins anew, one that cannot tell counts neither way', async () => {
    const scene = await running({ healthIntervalSeconds: 5, unhealthyThreshold: 3 });
    for (const health of ['unhealthy', 'unhealthy', 'healthy', 'unhealthy', 'unknown', 'unhealthy'] as const) {
      scene.service.mood.health = health;
      await scene.clock.advance(5);
      expect(scene.status).toMatchObject({ state: 'running', health });
    }
    await scene.clock.advance(5);
    expect(scene.state).toBe('starting');
  });

  it('are told with how long they took', async () => {
    const scene = await running({ healthIntervalSeconds: 5, healthTimeoutSeconds: 2 });
    const reports: HealthCheckReport[] = [];
    scene.supervisor.onHealthCheck((report) => reports.push(report));
    scene.service.mood.health = 'hang';
    await scene.clock.advance(7);
    expect(reports).toMatchObject([
      { serviceName: 'fake', status: 'unhealthy', latencyMs: 2000, error: { message: expect.stringContaining('longer than 2 s') } },
    ]);
    expect(scene.status.healthLatencyMs).toBe(2000);
  });

  it('that change the health are told as changes', async () => {
    const scene = await running({ healthIntervalSeconds: 5 });
    scene.service.mood.health = 'unhealthy';
    await scene.clock.advance(10);
    expect(scene.changes.at(-1)).toMatchObject({ kind: 'health', from: 'healthy', to: 'unhealthy', status: { state: 'running' } });
    expect(scene.changes.filter(({ kind }) => kind === 'health')).toHaveLength(1);
  });

  it('of a service that is never restarted make it failed, and nothing is left', async () => {
    const scene = await running({ restart: 'never', unhealthyThreshold: 1 });
    scene.service.mood.health = 'unhealthy';
    await scene.clock.advance(5);
    expect(scene.moves).toEqual(['running -> stopping', 'stopping -> failed']);
    expect([scene.service.aliveCount, scene.taken, scene.clock.timerCount]).toEqual([0, 0, 0]);
  });
});

describe('a service that ends by itself', () => {
  it.each([
    ['never', 0, [...DOWN]],
    ['never', 1, ['running -> stopping', 'stopping -> failed']],
    ['on-failure', 0, [...DOWN]],
    ['on-failure', 1, [...DOWN, ...UP]],
    ['on-failure', null, [...DOWN, ...UP]],
    ['always', 0, [...DOWN, ...UP]],
    ['always', 1, [...DOWN, ...UP]],
  ] as const)('with policy %s and exit code %s', async (restart, exitCode, moves) => {
    const scene = await running({ restart });
    scene.service.exit({ exitCode, signal: exitCode === null ? 'SIGKILL' : null });
    await scene.clock.advance(1);
    expect(scene.moves).toEqual(moves);
    expect(scene.service.calls.slice(0, 2)).toEqual(['forceStop', 'cleanup']);
    const isUp = moves.length > 2;
    expect([scene.service.aliveCount, scene.taken, scene.status.restarts]).toEqual(isUp ? [1, 2, 1] : [0, 0, 0]);
    if (exitCode === null) expect(scene.status.lastError).toBe('Service fake ended by SIGKILL');
    if (exitCode === 1) expect(scene.status.lastError).toBe('Service fake ended with exit code 1');
  });

  it('is started again after 1, 2, 4 … seconds, and is failed when that happens too often', async () => {
    const scene = await running({ maxRestarts: 3, restartWindowSeconds: 60, restart: 'always' });
    const waits: number[] = [];
    for (const seconds of [1, 2, 4]) {
      scene.service.exit({ exitCode: 0 });
      await scene.clock.advance(seconds - 0.1);
      expect(scene.state).toBe('starting');
      await scene.clock.advance(0.1);
      expect(scene.state).toBe('running');
      waits.push(seconds);
    }
    scene.service.exit({ exitCode: 0 });
    await quiet();
    expect(scene.status).toMatchObject({ state: 'failed', restarts: 3, lastError: 'Service fake ended too often' });
    expect(scene.logger.lines).toContain('error: Service fake was started again 3 times within 60 s: no more.');
    expect([scene.taken, scene.clock.timerCount]).toEqual([0, 0]);
  });

  it('may do so for ever when it is rare enough', async () => {
    const scene = await running({ maxRestarts: 2, restartWindowSeconds: 60 });
    for (let round = 1; round <= 10; round += 1) {
      scene.service.exit();
      await scene.clock.advance(31);
      expect(scene.status).toMatchObject({ state: 'running', restarts: round });
    }
  });

  it('and does not come up again is failed, with the retries of any start', async () => {
    const scene = await running({ maxRetries: 1 });
    scene.service.mood.start = 'throw';
    scene.service.exit();
    await scene.clock.advance(1 + 1);
    expect(scene.service.calls.filter((call) => call === 'start')).toHaveLength(2);
    expect(scene.status).toMatchObject({ state: 'failed', lastError: 'Service fake failed to start: cannot start' });
  });
});

describe('a stop', () => {
  it('asks, cleans up and gives everything back', async () => {
    const scene = await running();
    await scene.stop();
    expect(scene.service.calls).toEqual(['stop', 'cleanup']);
    expect(scene.moves).toEqual(DOWN);
    expect(scene.status).toMatchObject({ state: 'stopped', health: 'unknown', startedAt: null });
    expect([scene.taken, scene.clock.timerCount]).toEqual([0, 0]);
  });

  it('uses force after the grace', async () => {
    const scene = await running({ stopTimeoutSeconds: 10 });
    scene.service.mood.stop = 'hang';
    const stopped = scene.stop();
    await scene.clock.advance(9.9);
    expect(scene.service.calls).toEqual(['stop']);
    await scene.clock.advance(0.1);
    await stopped;
    expect(scene.service.calls).toEqual(['stop', 'forceStop', 'cleanup']);
    expect([scene.state, scene.service.aliveCount]).toEqual(['stopped', 0]);
  });

  it('uses force at once when asking fails', async () => {
    const scene = await running();
    scene.service.mood.stop = 'throw';
    await scene.stop();
    expect(scene.service.calls).toEqual(['stop', 'forceStop', 'cleanup']);
    expect(scene.state).toBe('stopped');
  });

  it.each([
    [{ stop: 'throw', forceStop: 'throw' }, 'ending it by force: cannot forceStop'],
    [{ stop: 'hang', forceStop: 'hang' }, 'ending it by force: it took longer than 5 s'],
    [{ cleanup: 'throw' }, 'cleaning up: cannot cleanup'],
  ] as const)('that fails (%j) makes it failed, and gives everything back all the same', async (mood, reason) => {
    const scene = await running();
    Object.assign(scene.service.mood, mood);
    const failure = rejectionOf(scene.stop());
    await scene.clock.advance(30);
    const error = await failure;
    expect(error).toBeInstanceOf(StopFailed);
    expect(error).toMatchObject({
      serviceName: 'fake',
      message: `Service fake failed to stop: ${reason}`,
      cause: expect.any(Error),
    });
    expect([scene.state, scene.taken, scene.clock.timerCount]).toEqual(['failed', 0, 0]);
    expect(scene.service.calls).toContain('cleanup');
  });
});

describe('a restart that is asked for', () => {
  it('stops what runs, and starts it', async () => {
    const scene = await running();
    await scene.restart();
    expect(scene.moves).toEqual([...DOWN, ...UP]);
    expect(scene.status).toMatchObject({ state: 'running', restarts: 0 });
  });

  it('starts what is stopped, and resets what failed', async () => {
    const scene = await running({ maxRetries: 0 });
    await scene.stop();
    await scene.restart();
    scene.service.mood.health = 'hang';
    scene.service.mood.start = 'throw';
    await rejectionOf(scene.restart());
    expect(scene.state).toBe('failed');
    Object.assign(scene.service.mood, { health: 'healthy', start: 'ok' });
    scene.moves.length = 0;
    await scene.restart();
    expect(scene.moves).toEqual(['failed -> initialized', 'initialized -> starting', 'starting -> running']);
    expect(scene.status.lastError).toBeNull();
  });
});

describe('a reset', () => {
  it('is the only way out of failed', async () => {
    const scene = new SupervisorScene({ maxRetries: 0 });
    scene.service.mood.start = 'throw';
    await rejectionOf(scene.start());
    expect(await rejectionOf(scene.start())).toMatchObject({ message: 'Invalid state transition: failed -> starting' });
    scene.supervisor.reset('fake');
    expect(scene.status).toMatchObject({ state: 'initialized', lastError: null });
    scene.service.mood.start = 'ok';
    await scene.start();
    expect(() => scene.supervisor.reset('fake')).toThrow('Invalid state transition: running -> initialized');
    await scene.stop();
    scene.supervisor.reset('fake');
    expect(scene.state).toBe('initialized');
    expect(() => scene.supervisor.reset('fake')).toThrow('Invalid state transition: initialized -> initialized');
  });
});

describe('a listener', () => {
  it('that fails is logged, and harms nobody', async () => {
    const scene = new SupervisorScene();
    scene.supervisor.onChange(() => {
      throw new Error('oh');
    });
    await scene.start();
    expect(scene.state).toBe('running');
    expect(scene.logger.lines).toContain('error: A listener to services failed: oh');
  });

  it('may call verbs, and hears nothing after it left', async () => {
    const scene = new SupervisorScene();
    const leave = scene.supervisor.onChange((change) => {
      if (change.kind === 'state' && change.to === 'running') void scene.stop();
    });
    await scene.start();
    await quiet();
    expect(scene.state).toBe('stopped');
    leave();
    await scene.start();
    await quiet();
    expect(scene.state).toBe('running');
  });
});
