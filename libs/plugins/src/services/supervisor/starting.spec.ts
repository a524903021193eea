import { describe, expect, it } from '@jest/globals';

import { quiet } from '../fake-service-clock.fixture.js';
import { HealthCheckFailed, ResourceAllocationFailed, StartFailed } from '../service-errors.js';
import { SupervisorScene, rejectionOf } from './supervisor-scene.fixture.js';

describe('a start', () => {
  it('is done with the first healthy check', async () => {
    const scene = new SupervisorScene();
    scene.service.mood.health = 'unknown';
    const started = scene.start();
    await scene.clock.advance(2);
    expect(scene.status).toMatchObject({ state: 'starting', health: 'unknown', startedAt: null });
    scene.service.mood.health = 'healthy';
    await scene.clock.advance(1);
    await started;
    expect(scene.status).toMatchObject({ state: 'running', health: 'healthy', restarts: 0, lastError: null });
    expect(scene.status.startedAt).toBeInstanceOf(Date);
    expect(scene.moves).toEqual(['initialized -> starting', 'starting -> running']);
    expect(scene.taken).toBe(2);
  });

  it('is logged and told step by step', async () => {
    const scene = new SupervisorScene();
    await scene.start();
    await scene.stop();
    expect(scene.logger.lines).toEqual([
      'info: Service fake: initialized -> starting',
      'info: Service fake: starting -> running',
      'info: Service fake: running -> stopping',
      'info: Service fake: stopping -> stopped',
    ]);
    expect(scene.changes.map(({ status }) => status.state)).toEqual(['starting', 'running', 'stopping', 'stopped']);
  });

  it('is tried again after 1, 2 and 4 seconds, and keeps the last error as the cause', async () => {
    const scene = new SupervisorScene({ maxRetries: 3 });
    scene.service.mood.start = 'throw';
    const failure = rejectionOf(scene.start());
    const startsAfter: number[] = [];
    for (let second = 0; second <= 8; second += 1) {
      await scene.clock.advance(second === 0 ? 0 : 1);
      startsAfter.push(scene.service.calls.filter((call) => call === 'start').length);
    }
    expect(startsAfter).toEqual([1, 2, 2, 3, 3, 3, 3, 4, 4]);
    const error = await failure;
    expect(error).toBeInstanceOf(StartFailed);
    expect(error).toMatchObject({ serviceName: 'fake', cause: new Error('cannot start') });
    expect(scene.status).toMatchObject({ state: 'failed', lastError: 'Service fake failed to start: cannot start' });
    expect([scene.taken, scene.clock.timerCount]).toEqual([0, 0]);
  });

  it('waits no longer than the cap between attempts', async () => {
    const scene = new SupervisorScene({ maxRetries: 4, maxBackoffSeconds: 2 });
    scene.service.mood.start = 'throw';
    const failure = rejectionOf(scene.start());
    await scene.clock.advance(1 + 2 + 2 + 2);
    expect(await failure).toBeInstanceOf(StartFailed);
    expect(scene.service.calls.filter((call) => call === 'start')).toHaveLength(5);
  });

  it('has one attempt without retries', async () => {
    const scene = new SupervisorScene({ maxRetries: 0 });
    scene.service.mood.start = 'throw';
    expect(await rejectionOf(scene.start())).toBeInstanceOf(StartFailed);
    expect(scene.service.calls).toEqual(['start', 'cleanup']);
  });

  it('succeeds at a later attempt', async () => {
    const scene = new SupervisorScene();
    scene.service.mood.start = 'throw';
    const started = scene.start();
    await quiet();
    scene.service.mood.start = 'ok';
    await scene.clock.advance(1);
    await started;
    expect(scene.status).toMatchObject({ state: 'running', restarts: 0 });
    expect(scene.moves).toEqual(['initialized -> starting', 'starting -> running']);
  });

  it.each(['unknown', 'unhealthy', 'throw', 'hang'] as const)(
    'is given up when it is not ready in time (%s), and ended by force',
    async (health) => {
      const scene = new SupervisorScene({ startTimeoutSeconds: 10, maxRetries: 0 });
      scene.service.mood.health = health;
      const failure = rejectionOf(scene.start());
      await scene.clock.advance(10);
      expect(await failure).toMatchObject({ message: expect.stringContaining('it was not ready within 10 s') });
      expect(scene.service.calls.slice(-2)).toEqual(['forceStop', 'cleanup']);
      expect([scene.state, scene.service.aliveCount, scene.taken, scene.clock.timerCount]).toEqual(['failed', 0, 0, 0]);
    },
  );

  it('says what the last check said', async () => {
    const scene = new SupervisorScene({ startTimeoutSeconds: 3, maxRetries: 0 });
    scene.service.mood.health = 'throw';
    const failure = rejectionOf(scene.start());
    await scene.clock.advance(3);
    expect(await failure).toMatchObject({
      message: 'Service fake failed to start: it was not ready within 3 s: Health check of service fake failed: cannot tell',
      cause: { cause: expect.any(HealthCheckFailed) },
    });
  });

  it.each(['hang', 'deaf'] as const)('is given up when the verb does not answer (%s)', async (start) => {
    const scene = new SupervisorScene({ startTimeoutSeconds: 10, forceTimeoutSeconds: 5, maxRetries: 0 });
    scene.service.mood.start = start;
    const failure = rejectionOf(scene.start());
    await scene.clock.advance(15);
    expect(await failure).toMatchObject({ message: expect.stringContaining('it was not ready within 10 s') });
    expect([scene.state, scene.taken, scene.clock.timerCount]).toEqual(['failed', 0, 0]);
  });

  it('that comes to something after it was given up is ended, with a warning', async () => {
    const scene = new SupervisorScene({ startTimeoutSeconds: 10, maxRetries: 0 });
    scene.service.mood.start = 'deaf';
    const failure = rejectionOf(scene.start());
    await scene.clock.advance(20);
    await failure;
    scene.service.endDeafStarts();
    await quiet();
    expect(scene.service.aliveCount).toBe(0);
    expect(scene.logger.lines).toContain('warn: Service fake: a start that was given up has come to something after all. It is ended.');
  });

  it('fails when it ends before it is ready', async () => {
    const scene = new SupervisorScene({ maxRetries: 0 });
    scene.service.mood.health = 'unknown';
    const failure = rejectionOf(scene.start());
    await scene.clock.advance(1);
    scene.service.exit({ exitCode: 3 });
    expect(await failure).toMatchObject({ message: 'Service fake failed to start: it ended with exit code 3 before it was ready' });
    expect([scene.state, scene.taken]).toEqual(['failed', 0]);
  });

  it('takes nothing, and is not tried again, when a limit is reached', async () => {
    const scene = new SupervisorScene({}, { port: 5, process: 0 });
    const error = await rejectionOf(scene.start());
    expect(error).toBeInstanceOf(ResourceAllocationFailed);
    expect(error).toMatchObject({ message: 'Resource limit exceeded for process', serviceName: 'fake' });
    expect(scene.status).toMatchObject({ state: 'failed', lastError: 'Resource limit exceeded for process' });
    expect([scene.taken, scene.service.calls]).toEqual([0, []]);
  });

  it.each(['throw', 'hang'] as const)('gives everything back although the way back fails (%s)', async (mood) => {
    const scene = new SupervisorScene({ maxRetries: 0, startTimeoutSeconds: 1 });
    Object.assign(scene.service.mood, { health: 'unhealthy', forceStop: mood, cleanup: mood });
    const failure = rejectionOf(scene.start());
    await scene.clock.advance(60);
    expect(await failure).toBeInstanceOf(StartFailed);
    expect([scene.state, scene.taken, scene.clock.timerCount]).toEqual(['failed', 0, 0]);
    expect(scene.logger.lines.filter((line) => line.startsWith('error: Service fake failed to stop'))).toHaveLength(2);
  });
});
