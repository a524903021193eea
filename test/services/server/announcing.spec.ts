import { hostname } from 'node:os';

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { SESSION_MAKER } from '@joblib/nestjs';
import type { SessionMaker } from '@joblib/nestjs';

import { aService } from '../../../libs/nestjs/src/domain/service.fixture.js';
import { ServiceStore, UnitOfWork } from '../../../libs/nestjs/src/persistence/index.js';
import { ServiceRounds } from '../../../libs/nestjs/src/services/index.js';
import { until } from '../../support/until.js';
import { isOnPostgres } from '../../support/test-database.js';
import { ServiceStage } from './service-stage.js';
import type { ServiceServer } from './service-stage.js';

const LOOK_INTERVAL_MS = 5000;
const OTHER_SERVER = '019b76da-a800-7000-8000-0000000000ff';

const stage = new ServiceStage();
afterEach(async () => {
  jest.restoreAllMocks();
  await stage.clear();
});

const statesOf = async (scene: ServiceServer): Promise<string[]> => (await scene.rows()).map(({ name, state }) => `${name} ${state}`);

/** Every transaction fails as it does when the database is away, until the answered function is called. */
function outage({ server }: ServiceServer): () => void {
  const sessions = server.app.get<SessionMaker>(SESSION_MAKER, { strict: false });
  const refusal = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const spied = jest.spyOn(sessions, 'transaction').mockRejectedValue(refusal);
  return () => spied.mockRestore();
}

describe('what a server tells of its services', () => {
  it('is written at its start, and after each change; rooms are told each time', async () => {
    const scene = await stage.server({ web: { kind: 'process', jobs: ['@global:a:b'], requires: ['db'] }, db: {} });
    const now = scene.server.clock.now();
    const serverId: unknown = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const common = { serverId, server: `${hostname()}:${process.pid}`, restarts: 0, requested: null, announcedAt: now, leftAt: null };
    const fresh = { ...common, state: 'initialized', health: 'unknown', startedAt: null, lastError: null };
    expect(await scene.rows()).toEqual([
      { ...fresh, position: 0, name: 'db', kind: 'custom', requires: [], jobs: [] },
      { ...fresh, position: 1, name: 'web', kind: 'process', requires: ['db'], jobs: ['@global:a:b'] },
    ]);
    expect(scene.invalidations).toEqual(['room:*']);
    await scene.start('web');
    const startedAt = scene.fakes.clock.nowMs();
    expect(await scene.rows()).toMatchObject([
      { name: 'db', state: 'running', health: 'healthy', startedAt },
      { name: 'web', state: 'running', health: 'healthy', startedAt },
    ]);
    const told = scene.invalidations.length;
    expect(told).toBeGreaterThan(1);
    await scene.fakes.feel('web', 'unhealthy');
    await scene.look();
    expect(await scene.rows()).toMatchObject([{ health: 'healthy' }, { health: 'unhealthy' }]);
    expect(scene.invalidations.length).toBe(told + 1);
  });

  it('is told together when it comes together', async () => {
    const scene = await stage.server(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`s${index}`, {}])));
    const announce = jest.spyOn(scene.server.app.get(ServiceStore), 'announce');
    const started = scene.fakes.supervisor.startAll();
    await scene.settled();
    await started;
    await scene.look();
    expect((await statesOf(scene)).every((state) => state.endsWith(' running'))).toBe(true);
    // Sixty changes: the first by itself, what came meanwhile with the next.
    expect(announce.mock.calls.length).toBeLessThan(6);
  });

  it('is told later when it could not be told at once, and rooms then', async () => {
    const scene = await stage.server({ web: {} });
    const before = scene.invalidations.length;
    const end = outage(scene);
    await scene.start('web');
    await scene.fakes.feel('web', 'unhealthy');
    await scene.look();
    expect([await statesOf(scene), scene.invalidations.length]).toEqual([['web initialized'], before]);
    end();
    await scene.look();
    expect(await scene.rows()).toMatchObject([{ state: 'running', health: 'unhealthy' }]);
    expect(scene.invalidations.length).toBe(before + 1);
  });

  it('is told by the next look that comes by itself', async () => {
    const timers = jest.spyOn(globalThis, 'setInterval');
    const scene = await stage.server({ web: {} });
    const byItself = timers.mock.calls.find(([, delayMs]) => delayMs === LOOK_INTERVAL_MS)?.[0];
    const end = outage(scene);
    await scene.start('web');
    end();
    expect(await statesOf(scene)).toEqual(['web initialized']);
    byItself?.();
    await until('it is told', async () => (await statesOf(scene)).join() === 'web running');
  });

  it('is told at a later look when the database was away at the start', async () => {
    const shared = await stage.database();
    const run = jest.spyOn(UnitOfWork.prototype, 'run').mockRejectedValueOnce(new Error('away'));
    const scene = await stage.server({ web: {} }, shared);
    run.mockRestore();
    expect(await scene.rows()).toEqual([]);
    await scene.look();
    expect(await statesOf(scene)).toEqual(['web initialized']);
  });

  it('is written again when it vanished, and is shown to be alive otherwise', async () => {
    const scene = await stage.server({ web: {}, db: {} });
    const before = scene.invalidations.length;
    scene.server.clock.advance(5);
    await scene.look();
    expect((await scene.rows()).map(({ announcedAt }) => announcedAt)).toEqual([scene.server.clock.now(), scene.server.clock.now()]);
    expect(scene.invalidations.length).toBe(before);
    await scene.server.dataSource.query(`DELETE FROM joblib_service WHERE name = 'web'`);
    await scene.look();
    expect(await statesOf(scene)).toEqual(['web initialized', 'db initialized']);
  });

  it('is refused by no database, whatever a service says of its end', async () => {
    const scene = await stage.server({ web: {} });
    scene.fakes.plugin('web').start = () => Promise.reject(new Error(`a\0b ${'x'.repeat(5000)}`));
    await scene.ask('web', 'start');
    await scene.settled();
    const [row] = await scene.rows();
    expect(row?.lastError).toMatch(/^Service web failed to start: a\uFFFDb x+ …$/);
    expect((await scene.service('web'))?.last_error).toBe(row?.lastError);
  });
});

describe('a server that stops', () => {
  it('has written what its supervisor ended before, and leaves it behind', async () => {
    const shared = await stage.database();
    const scene = await stage.server({ web: {}, db: {} }, shared);
    await scene.start('web');
    const reader = await stage.server(null, shared);
    await scene.fakes.supervisor[Symbol.asyncDispose]();
    await scene.server.close();
    // On SQLite the other server, which cannot be, has cleared the rows away: they come back with the last words.
    expect(await reader.rows()).toMatchObject([
      { name: 'web', state: 'stopped', leftAt: shared.clock.now() },
      { name: 'db', state: 'initialized', leftAt: shared.clock.now() },
    ]);
  });

  it('looks no more, and hears of no change', async () => {
    const scene = await stage.server({ web: {} });
    const exchange = jest.spyOn(scene.server.app.get(UnitOfWork), 'run');
    await scene.server.close();
    const { length } = exchange.mock.calls;
    await scene.server.app.get(ServiceRounds).look();
    const started = scene.fakes.supervisor.start('web');
    await scene.fakes.clock.advance(0);
    await started;
    expect(exchange.mock.calls).toHaveLength(length);
  });

  it('stops in time when the database is away', async () => {
    const scene = await stage.server({ web: {} });
    outage(scene);
    await expect(scene.server.close()).resolves.toBeUndefined();
  });
});

describe('a server that starts', () => {
  it('clears away what one on the same machine left when it stopped', async () => {
    const shared = await stage.database();
    const first = await stage.server({ web: {}, old: {} }, shared);
    await first.start('web');
    await first.fakes.supervisor[Symbol.asyncDispose]();
    await first.server.close();
    const second = await stage.server({ web: {} }, shared);
    expect((await second.services()).body.items).toMatchObject([{ name: 'web', state: 'initialized' }]);
    expect(await statesOf(second)).toEqual(['web initialized']);
  });

  it('clears away what one on the same machine left when it was killed', async () => {
    const shared = await stage.database();
    const first = await stage.server(null, shared);
    const announcedAt = shared.clock.now() - 20_001;
    const dead = aService({ serverId: OTHER_SERVER, server: `${hostname()}:1`, announcedAt });
    await first.server.app.get(UnitOfWork).run((transaction) => first.server.app.get(ServiceStore).announce(transaction, [dead]));
    await first.server.close();
    const second = await stage.server(null, shared);
    expect(await second.rows()).toEqual([]);
  });
});

describe('a server without a supervisor', () => {
  it('that is alone asks the database for nothing after its start; where others may be, it looks', async () => {
    const timers = jest.spyOn(globalThis, 'setInterval');
    const looks = (): number => timers.mock.calls.filter(([, delayMs]) => delayMs === LOOK_INTERVAL_MS).length;
    const scene = await stage.server(null);
    expect(looks()).toBe(isOnPostgres ? 1 : 0);
    await stage.server({ web: {} });
    expect(looks()).toBe(isOnPostgres ? 2 : 1);
    expect([await scene.rows(), scene.invalidations]).toEqual([[], []]);
  });

  it('that is alone and could not look at its start looks until it could, and no longer', async () => {
    const run = jest.spyOn(UnitOfWork.prototype, 'run').mockRejectedValueOnce(new Error('away'));
    const [timers, ended] = [jest.spyOn(globalThis, 'setInterval'), jest.spyOn(globalThis, 'clearInterval')];
    const scene = await stage.server(null);
    run.mockRestore();
    const index = timers.mock.calls.findIndex(([, delayMs]) => delayMs === LOOK_INTERVAL_MS);
    expect(index).not.toBe(-1);
    const timer: unknown = timers.mock.results[index]?.value;
    await scene.look();
    expect(ended.mock.calls.some(([one]) => (one as unknown) === timer)).toBe(!isOnPostgres);
  });
});
