import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { RecordingLogger } from '../../testing/recording-logger.js';
import { FakeServiceClock, quiet } from '../fake-service-clock.fixture.js';
import { FakeService } from '../fake-service.fixture.js';
import { ServiceConfigError, ServiceNotFoundError } from '../service-errors.js';
import { rejectionOf } from './supervisor-scene.fixture.js';
import { Supervisor } from './supervisor.js';
import type { ServiceDefinition } from './supervisor.js';

describe('services that require each other', () => {
  const calls: string[] = [];
  let clock: FakeServiceClock;
  let services: Record<'database' | 'cache' | 'worker', FakeService>;
  let supervisor: Supervisor;

  beforeEach(() => {
    calls.length = 0;
    clock = new FakeServiceClock();
    services = {
      worker: new FakeService('worker', [], calls),
      cache: new FakeService('cache', [], calls),
      database: new FakeService('database', [], calls),
    };
    const { worker, cache, database } = services;
    const policy = { maxRetries: 0 };
    supervisor = new Supervisor(
      [
        { plugin: worker, requires: ['cache', 'database'], jobs: ['@global:modifiers:Rotate'], kind: 'process', policy },
        { plugin: cache, requires: ['database'], policy },
        { plugin: database, policy },
      ],
      { clock, logger: new RecordingLogger() },
    );
  });

  afterEach(async () => {
    await supervisor[Symbol.asyncDispose]();
    expect(clock.timerCount).toBe(0);
  });

  function states(): string[] {
    return supervisor.list().map(({ name, state }) => `${name} ${state}`);
  }

  function verbs(verb: string): string[] {
    return calls.filter((call) => call.endsWith(` ${verb}`)).map((call) => call.split(' ')[0] ?? '');
  }

  it('are listed in start order, with what they require and who needs them', () => {
    expect(supervisor.list().map(({ name, kind, requires, jobs }) => [name, kind, requires, jobs])).toEqual([
      ['database', 'custom', [], []],
      ['cache', 'custom', ['database'], []],
      ['worker', 'process', ['cache', 'database'], ['@global:modifiers:Rotate']],
    ]);
  });

  it('start each after what it requires is ready, and stop the other way round', async () => {
    services.database.mood.health = 'unknown';
    const started = supervisor.startAll();
    await clock.advance(2);
    expect(verbs('start')).toEqual(['database']);
    expect(states()).toEqual(['database starting', 'cache starting', 'worker starting']);
    services.database.mood.health = 'healthy';
    await clock.advance(1);
    await started;
    expect(verbs('start')).toEqual(['database', 'cache', 'worker']);
    services.worker.mood.stop = 'hang';
    const closed = supervisor[Symbol.asyncDispose]();
    await clock.advance(9);
    expect(verbs('stop')).toEqual(['worker']);
    await clock.advance(1);
    await closed;
    expect(verbs('stop')).toEqual(['worker', 'cache', 'database']);
    expect(states()).toEqual(['database stopped', 'cache stopped', 'worker stopped']);
  });

  it('are started with the one that is asked for', async () => {
    await supervisor.start('cache');
    expect(states()).toEqual(['database running', 'cache running', 'worker initialized']);
    expect(await rejectionOf(supervisor.start('database'))).toMatchObject({ name: 'InvalidState' });
    await supervisor.start('worker');
    expect(verbs('start')).toEqual(['database', 'cache', 'worker']);
  });

  it('fail with what they require, and say so', async () => {
    services.database.mood.start = 'throw';
    await supervisor.startAll();
    expect(states()).toEqual(['database failed', 'cache failed', 'worker failed']);
    expect(supervisor.status('cache').lastError).toBe('Service cache failed to start: it requires database, which is failed');
    expect(verbs('start')).toEqual(['database']);
    supervisor.reset('cache');
    supervisor.reset('database');
    expect(await rejectionOf(supervisor.start('cache'))).toMatchObject({
      message: 'Service cache failed to start: it requires database: Service database failed to start: cannot start',
    });
  });

  it('are stopped before what they require', async () => {
    await supervisor.startAll();
    await supervisor.stop('database');
    expect(verbs('stop')).toEqual(['worker', 'cache', 'database']);
    expect(states()).toEqual(['database stopped', 'cache stopped', 'worker stopped']);
  });

  it('are stopped with what they require while that is being started again', async () => {
    await supervisor.startAll();
    services.database.exit();
    await quiet();
    expect(states()).toEqual(['database starting', 'cache running', 'worker running']);
    await supervisor.stop('database');
    expect(states()).toEqual(['database failed', 'cache stopped', 'worker stopped']);
  });

  it('wait for one that is being stopped, and start it again', async () => {
    await supervisor.start('database');
    services.database.mood.stop = 'hang';
    const stopped = supervisor.stop('database');
    const started = supervisor.start('cache');
    await clock.advance(10);
    await Promise.all([stopped, started]);
    expect(states()).toEqual(['database running', 'cache running', 'worker initialized']);
    services.database.mood.stop = 'ok';
  });

  it('stop waiting when they are stopped themselves; what they required goes on', async () => {
    services.database.mood.health = 'unknown';
    const failure = rejectionOf(supervisor.start('cache'));
    await quiet();
    await supervisor.stop('cache');
    expect(await failure).toMatchObject({ message: expect.stringContaining('stopped while starting') });
    services.database.mood.health = 'healthy';
    await clock.advance(1);
    expect(states()).toEqual(['database running', 'cache failed', 'worker initialized']);
  });

  it('end all at once when their supervisor is disposed during the start', async () => {
    services.database.mood.health = 'unknown';
    const started = supervisor.startAll();
    await quiet();
    await supervisor[Symbol.asyncDispose]();
    await started;
    expect(states()).toEqual(['database failed', 'cache failed', 'worker failed']);
    expect(services.database.aliveCount).toBe(0);
  });

  it('and names that nobody has', async () => {
    expect(await rejectionOf(supervisor.start('nobody'))).toBeInstanceOf(ServiceNotFoundError);
    expect(() => supervisor.status('nobody')).toThrow('There is no service nobody.');
  });
});

describe('a supervisor is refused', () => {
  const plugin = new FakeService('web');

  it.each<[string, ServiceDefinition[], string]>([
    ['an empty name', [{ plugin: new FakeService('') }], 'Plugin name cannot be empty'],
    ['a name of blanks', [{ plugin: new FakeService('  ') }], 'Plugin name cannot be empty'],
    ['a cycle', [{ plugin, requires: ['web'] }], 'Services require each other: web -> web.'],
    ['a stranger', [{ plugin, requires: ['x'] }], 'Service web requires x, and there is no service of that name.'],
    ['a name twice', [{ plugin }, { plugin }], 'There are two services named web'],
    ['an unknown key', [{ plugin, policy: { patience: 1 } as object }], 'Unknown key patience'],
    ['a bad policy', [{ plugin, policy: { restart: 'sometimes' as 'never' } }], 'restart must be one of never, on-failure, always'],
    ['no time', [{ plugin, policy: { stopTimeoutSeconds: 0 } }], 'stopTimeoutSeconds must be a number of seconds above 0'],
    ['half a retry', [{ plugin, policy: { maxRetries: 0.5 } }], 'maxRetries must be a whole number from 0, got 0.5'],
    ['no threshold', [{ plugin, policy: { unhealthyThreshold: 0 } }], 'unhealthyThreshold must be a whole number from 1, got 0'],
  ])('%s', (_what, definitions, message) => {
    expect(() => new Supervisor(definitions)).toThrow(ServiceConfigError);
    expect(() => new Supervisor(definitions)).toThrow(message);
  });
});
