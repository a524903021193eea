import { describe, expect, it } from '@jest/globals';

import { quiet } from '../fake-service-clock.fixture.js';
import { InvalidState, StartFailed } from '../service-errors.js';
import { SupervisorScene, rejectionOf } from './supervisor-scene.fixture.js';

const NOTHING_LEFT = [0, 0, 0];

function left({ service, taken, clock }: SupervisorScene): number[] {
  return [service.aliveCount, taken, clock.timerCount];
}

/** Starts, and is not ready until `health` says so. */
function startingScene(...args: ConstructorParameters<typeof SupervisorScene>): { scene: SupervisorScene; outcome: Promise<unknown> } {
  const scene = new SupervisorScene(...args);
  scene.service.mood.health = 'unknown';
  return { scene, outcome: rejectionOf(scene.start()) };
}

describe('two calls at once', () => {
  it('two starts: one starts, the other is refused', async () => {
    const { scene, outcome } = startingScene();
    expect(await rejectionOf(scene.start())).toMatchObject({
      name: 'InvalidState',
      message: 'Invalid state transition: starting -> starting',
    });
    scene.service.mood.health = 'healthy';
    await scene.clock.advance(1);
    expect(await outcome).toBeNull();
    expect(scene.service.calls.filter((call) => call === 'start')).toEqual(['start']);
  });

  it('a start of what runs, and a stop of what does not, change nothing', async () => {
    const scene = new SupervisorScene();
    expect(await rejectionOf(scene.stop())).toMatchObject({ message: 'Invalid state transition: initialized -> stopping' });
    await scene.start();
    expect(await rejectionOf(scene.start())).toMatchObject({ message: 'Invalid state transition: running -> starting' });
    expect(scene.state).toBe('running');
    await scene.stop();
    expect(await rejectionOf(scene.stop())).toMatchObject({ message: 'Invalid state transition: stopped -> stopping' });
  });

  it.each(['readiness', 'verb', 'deaf verb', 'retry'])(
    'a stop during a start (%s) aborts it: failed, everything given back',
    async (phase) => {
      const scene = new SupervisorScene();
      if (phase === 'readiness') scene.service.mood.health = 'unknown';
      if (phase === 'verb') scene.service.mood.start = 'hang';
      if (phase === 'deaf verb') scene.service.mood.start = 'deaf';
      if (phase === 'retry') scene.service.mood.start = 'throw';
      const outcome = rejectionOf(scene.start());
      await quiet();
      const stopped = scene.stop();
      await scene.clock.advance(phase === 'deaf verb' ? 5 : 0);
      await stopped;
      expect(await outcome).toBeInstanceOf(StartFailed);
      expect(await outcome).toMatchObject({ message: 'Service fake failed to start: stopped while starting' });
      expect(scene.status).toMatchObject({ state: 'failed', lastError: 'Service fake failed to start: stopped while starting' });
      expect(left(scene)).toEqual(NOTHING_LEFT);
    },
  );

  it('a stop in the very moment in which it gets ready: whichever was first', async () => {
    const seen = new Set<string>();
    for (let turns = 0; turns < 40; turns += 1) {
      const scene = new SupervisorScene();
      const outcome = rejectionOf(scene.start());
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      await scene.stop();
      expect([scene.state, (await outcome) === null]).toEqual(scene.state === 'failed' ? ['failed', false] : ['stopped', true]);
      expect(left(scene)).toEqual(NOTHING_LEFT);
      seen.add(scene.state);
    }
    expect([...seen].sort()).toEqual(['failed', 'stopped']);
  });

  it('two stops during a start both wait for its end', async () => {
    const { scene } = startingScene();
    await quiet();
    await Promise.all([scene.stop(), scene.stop()]);
    expect([scene.state, ...left(scene)]).toEqual(['failed', ...NOTHING_LEFT]);
  });

  it('two stops: one stops, the other is refused', async () => {
    const scene = new SupervisorScene();
    await scene.start();
    const first = scene.stop();
    expect(await rejectionOf(scene.stop())).toMatchObject({ message: 'Invalid state transition: stopping -> stopping' });
    await first;
    expect(scene.service.calls.filter((call) => call === 'stop')).toHaveLength(1);
  });

  it('start, restart and reset during a stop are refused', async () => {
    const scene = new SupervisorScene();
    await scene.start();
    const stopped = scene.stop();
    expect(await rejectionOf(scene.start())).toMatchObject({ message: 'Invalid state transition: stopping -> starting' });
    expect(await rejectionOf(scene.restart())).toMatchObject({ message: 'Invalid state transition: stopping -> starting' });
    expect(() => scene.supervisor.reset('fake')).toThrow(InvalidState);
    await stopped;
    expect(scene.state).toBe('stopped');
  });

  it('a stop during a restart that stops is refused, and one during the pause or the start aborts it', async () => {
    const scene = new SupervisorScene();
    await scene.start();
    scene.service.mood.forceStop = 'hang';
    scene.service.exit();
    await quiet();
    expect(await rejectionOf(scene.stop())).toMatchObject({ message: 'Invalid state transition: stopping -> stopping' });

    const again = new SupervisorScene();
    await again.start();
    again.service.exit();
    await quiet();
    expect(again.state).toBe('starting');
    await again.stop();
    expect(again.status).toMatchObject({ state: 'failed', lastError: 'Service fake failed to start: stopped while starting' });
    await again.clock.advance(60);
    expect([again.state, ...left(again)]).toEqual(['failed', ...NOTHING_LEFT]);
  });

  it('a stop while a health check is under way: its answer changes nothing', async () => {
    const scene = new SupervisorScene({ unhealthyThreshold: 1, healthIntervalSeconds: 5, healthTimeoutSeconds: 5 });
    await scene.start();
    scene.service.mood.health = 'hang';
    await scene.clock.advance(6);
    await scene.stop();
    await scene.clock.advance(60);
    expect([scene.state, scene.status.health, ...left(scene)]).toEqual(['stopped', 'unknown', ...NOTHING_LEFT]);
  });

  it('an end during a stop is not a failure', async () => {
    const scene = new SupervisorScene();
    await scene.start();
    const stopped = scene.stop();
    scene.service.exit({ exitCode: null, signal: 'SIGTERM' });
    await stopped;
    await scene.clock.advance(10);
    expect(scene.status).toMatchObject({ state: 'stopped', restarts: 0, lastError: null });
  });

  it('an end and a failed check at once are one restart', async () => {
    const scene = new SupervisorScene({ unhealthyThreshold: 1, healthIntervalSeconds: 5 });
    await scene.start();
    scene.service.mood.health = 'unhealthy';
    const checked = scene.clock.advance(5);
    scene.service.exit();
    await checked;
    scene.service.mood.health = 'healthy';
    await scene.clock.advance(1);
    expect(scene.status).toMatchObject({ state: 'running', restarts: 1 });
    expect([scene.service.aliveCount, scene.taken]).toEqual([1, 2]);
  });
});

describe('a supervisor that is disposed', () => {
  it('stops what runs, and every timer', async () => {
    const scene = new SupervisorScene();
    {
      await using supervisor = scene.supervisor;
      await supervisor.startAll();
      expect(scene.state).toBe('running');
    }
    expect([scene.state, ...left(scene)]).toEqual(['stopped', ...NOTHING_LEFT]);
    expect(await rejectionOf(scene.start())).toMatchObject({ message: 'Service fake failed to start: its supervisor is disposed' });
    expect(await rejectionOf(scene.restart())).toMatchObject({ name: 'StartFailed' });
    expect(scene.state).toBe('stopped');
  });

  it.each(['start', 'retry', 'backoff'])('in the middle of a %s ends it', async (phase) => {
    const scene = new SupervisorScene();
    if (phase === 'backoff') {
      await scene.start();
      scene.service.exit();
    } else {
      scene.service.mood[phase === 'start' ? 'health' : 'start'] = (phase === 'start' ? 'unknown' : 'throw') as never;
      void rejectionOf(scene.start());
    }
    await quiet();
    await scene.supervisor[Symbol.asyncDispose]();
    expect([scene.state, ...left(scene)]).toEqual(['failed', ...NOTHING_LEFT]);
  });

  it('while a restart stops: it is not started again', async () => {
    const scene = new SupervisorScene({ forceTimeoutSeconds: 5 });
    await scene.start();
    const restarted = rejectionOf(scene.restart());
    await scene.supervisor[Symbol.asyncDispose]();
    expect(await restarted).toMatchObject({ message: expect.stringContaining('its supervisor is disposed') });
    expect([scene.state, ...left(scene)]).toEqual(['stopped', ...NOTHING_LEFT]);

    const again = new SupervisorScene();
    await again.start();
    again.service.exit();
    await Promise.resolve();
    await again.supervisor[Symbol.asyncDispose]();
    await again.clock.advance(60);
    expect(left(again)).toEqual(NOTHING_LEFT);
    expect(again.service.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  it('twice is disposed once', async () => {
    const scene = new SupervisorScene();
    await scene.start();
    await Promise.all([scene.supervisor[Symbol.asyncDispose](), scene.supervisor[Symbol.asyncDispose]()]);
    expect(scene.service.calls.filter((call) => call === 'stop')).toHaveLength(1);
  });
});
