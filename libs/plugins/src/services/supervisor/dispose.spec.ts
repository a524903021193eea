import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { RecordingLogger } from '../../testing/recording-logger.js';
import { FakeServiceClock, quiet } from '../fake-service-clock.fixture.js';
import { FakeService } from '../fake-service.fixture.js';
import { rejectionOf } from './supervisor-scene.fixture.js';
import { Supervisor } from './supervisor.js';

const LIMITS = { graceSeconds: 5, forceSeconds: 2 };
const PATIENT = { stopTimeoutSeconds: 600, forceTimeoutSeconds: 600, maxRetries: 0 };

describe('a supervisor that is disposed in limited time', () => {
  const calls: string[] = [];
  let clock: FakeServiceClock;
  let logger: RecordingLogger;
  let services: Record<'database' | 'cache' | 'worker', FakeService>;
  let supervisor: Supervisor;

  beforeEach(() => {
    calls.length = 0;
    clock = new FakeServiceClock();
    logger = new RecordingLogger();
    const made = (name: string): FakeService => new FakeService(name, [], calls);
    services = { worker: made('worker'), cache: made('cache'), database: made('database') };
    supervisor = new Supervisor(
      [
        { plugin: services.worker, requires: ['cache'], policy: PATIENT },
        { plugin: services.cache, requires: ['database'], policy: PATIENT },
        { plugin: services.database, policy: PATIENT },
      ],
      { clock, logger },
    );
  });

  afterEach(() => expect(clock.timerCount).toBe(0));

  function states(): string[] {
    return supervisor.list().map(({ name, state }) => `${name} ${state}`);
  }

  /** Those that took less time than this are done. */
  async function disposed(seconds: number): Promise<boolean> {
    let isDone = false;
    void supervisor.dispose(LIMITS).then(() => (isDone = true));
    await clock.advance(seconds);
    return isDone;
  }

  it('takes no more time than they need, in reverse start order', async () => {
    await supervisor.startAll();
    calls.length = 0;
    expect(await disposed(0)).toBe(true);
    expect(calls).toEqual(['worker', 'cache', 'database'].flatMap((name) => [`${name} stop`, `${name} cleanup`]));
    expect(states()).toEqual(['database stopped', 'cache stopped', 'worker stopped']);
  });

  it('uses force after the grace of all, on all that are left', async () => {
    await supervisor.startAll();
    for (const { mood } of Object.values(services)) mood.stop = 'hang';
    expect(await disposed(4.9)).toBe(false);
    expect(calls.filter((call) => call.endsWith(' stop'))).toEqual(['worker stop']);
    expect(await disposed(0.1)).toBe(true);
    expect(states()).toEqual(['database stopped', 'cache stopped', 'worker stopped']);
    expect(Object.values(services).map(({ aliveCount }) => aliveCount)).toEqual([0, 0, 0]);
    expect(logger.lines).toContain('warn: Service worker: there is no more time. It is ended by force.');
  });

  it.each(['forceStop', 'cleanup'] as const)('gives up what is not gone then (%s hangs)', async (verb) => {
    await supervisor.startAll();
    for (const { mood } of Object.values(services)) Object.assign(mood, { stop: 'hang', [verb]: 'hang' });
    expect(await disposed(6.9)).toBe(false);
    expect(await disposed(0.1)).toBe(true);
    expect(states()).toEqual(['database failed', 'cache failed', 'worker failed']);
    expect(supervisor.status('worker').lastError).toMatch(/^Service worker failed to stop: .*: there is no more time$/);
  });

  it('aborts a start, and waits no longer for one that takes no notice', async () => {
    services.database.mood.start = 'deaf';
    const outcome = rejectionOf(supervisor.start('worker'));
    await quiet();
    expect(await disposed(6.9)).toBe(false);
    expect(states()).toEqual(['database starting', 'cache failed', 'worker failed']);
    expect(await disposed(0.1)).toBe(true);
    expect(states()).toEqual(['database failed', 'cache failed', 'worker failed']);
    expect(await outcome).toMatchObject({ message: 'Service worker failed to start: stopped while starting' });
    services.database.endDeafStarts();
    await quiet();
    expect(services.database.aliveCount).toBe(0);
  });

  it('hurries a stop, and a disposal, that are under way', async () => {
    await supervisor.startAll();
    services.worker.mood.stop = 'hang';
    const stopped = rejectionOf(supervisor.stop('worker'));
    const patiently = supervisor[Symbol.asyncDispose]();
    await clock.advance(100);
    expect(states()).toEqual(['database running', 'cache running', 'worker stopping']);
    expect(await disposed(5)).toBe(true);
    expect(states()).toEqual(['database stopped', 'cache stopped', 'worker stopped']);
    expect(await stopped).toBeNull();
    await patiently;
  });
});
