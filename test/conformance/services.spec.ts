import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SERVICE_STATES } from '@joblib/contract';
import type { ServiceState, ServiceVerb } from '@joblib/contract';

import type { Service } from '../../libs/nestjs/src/domain/service.js';
import { aService as described } from '../../libs/nestjs/src/domain/service.fixture.js';
import { ServiceStore } from '../../libs/nestjs/src/persistence/index.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

describe.each(databases)('services on $name', (kind) => {
  const store = new ServiceStore();
  let bench: Workbench;
  let [here, there] = ['', ''];
  beforeEach(async () => {
    bench = await Workbench.open(kind);
    [here, there] = [bench.ids.next().id, bench.ids.next().id];
  });
  afterEach(() => bench.close());

  const announce = (...services: Service[]) => bench.write((tx) => store.announce(tx, services));
  const request = (service: Service, verb: ServiceVerb, since = bench.now) => bench.write((tx) => store.request(tx, service, verb, since));
  const take = (verb: ServiceVerb, name = 'web') => bench.write((tx) => store.take(tx, here, name, verb));
  const all = async () => (await bench.read((session) => store.all(session))).sort((left, right) => (left.name < right.name ? -1 : 1));

  async function aService(facts: Partial<Service> = {}): Promise<Service> {
    const service = described({ serverId: here, announcedAt: bench.now, ...facts });
    await announce(service);
    return service;
  }

  it('are stored with all that is known of them, again and again', async () => {
    const plain = described({ serverId: here });
    const full = described({
      ...{ serverId: there, name: 'näme "\'', position: 7, kind: 'container', state: 'stopped', health: 'unknown', restarts: 3 },
      ...{ startedAt: null, lastError: 'no\nway 😀', requires: ['web', 'a"b'], jobs: ['@global:a:b'], server: 'host:2', leftAt: bench.now },
    });
    await announce(plain, full);
    expect(await all()).toEqual([full, plain]);
    const changed = { ...plain, position: 1, kind: 'custom', state: 'failed', health: 'unknown', restarts: 1, startedAt: null } as const;
    const news = { ...changed, lastError: 'gone', requires: ['x'], jobs: ['y'], server: 'host:3', announcedAt: bench.now + 1 };
    await announce(news);
    expect(await all()).toEqual([full, news]);
    await announce();
    await announce({ ...full, leftAt: null });
    expect(await all()).toEqual([{ ...full, leftAt: null }, news]);
  });

  it('show no change of a transaction that is rolled back', async () => {
    const service = await aService();
    const written = bench.write(async (tx) => {
      await store.announce(tx, [{ ...service, state: 'failed' }]);
      throw new Error('no commit');
    });
    await expect(written).rejects.toThrow('no commit');
    expect(await all()).toEqual([service]);
  });

  it('show a sign of life of their server, all of one server and no others', async () => {
    const [web, db, other] = [await aService(), await aService({ name: 'db' }), await aService({ serverId: there, name: 'x' })];
    bench.clock.advance(5);
    await bench.write((tx) => store.renew(tx, here, bench.now));
    expect(await all()).toEqual([{ ...db, announcedAt: bench.now }, { ...web, announcedAt: bench.now }, other]);
  });

  it('are seen by other servers, where there can be any', async () => {
    await aService();
    const other = await aService({ serverId: there });
    const others = await bench.read((session) => store.ofOthers(session, here));
    expect(others).toEqual(kind.name === 'SQLite' ? [] : [other]);
  });

  it.each<[ServiceVerb, readonly ServiceState[]]>([
    ['start', ['initialized', 'stopped']],
    ['stop', ['starting', 'running']],
    ['restart', ['initialized', 'running', 'stopped', 'failed']],
    ['reset', ['stopped', 'failed']],
  ])('can be asked to %s in %s, and in no other state', async (verb, states) => {
    const answers: ServiceState[] = [];
    for (const state of SERVICE_STATES) {
      const service = await aService({ name: state, state });
      if (await request(service, verb)) answers.push(state);
    }
    expect(answers).toEqual(states);
    const asked = (await all()).filter(({ requested }) => requested === verb).map(({ state }) => state);
    expect(asked.sort()).toEqual(states.toSorted());
  });

  it('can be asked for one thing at a time, of two at once by one', async () => {
    const service = await aService();
    const answers = await Promise.all([request(service, 'stop'), request(service, 'restart'), request(service, 'stop')]);
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await request(service, 'stop')).toBe(false);
  });

  it('cannot be asked for anything once their server has left, or was not heard of for too long', async () => {
    const left = await aService({ leftAt: bench.now });
    expect(await request(left, 'stop')).toBe(false);
    const silent = await aService({ name: 'silent' });
    expect(await request(silent, 'stop', bench.now + 1)).toBe(false);
    expect(await request({ ...silent, serverId: there }, 'stop')).toBe(false);
    expect(await request(silent, 'stop')).toBe(true);
  });

  it('keep what was asked for while their server tells of changes, until it takes it, once', async () => {
    const service = await aService();
    await request(service, 'stop');
    await announce({ ...service, health: 'unhealthy' });
    await bench.write((tx) => store.renew(tx, here, bench.now));
    expect(await all()).toEqual([{ ...service, health: 'unhealthy', requested: 'stop' }]);
    expect([await take('start'), await take('stop', 'db')]).toEqual([false, false]);
    expect((await Promise.all([take('stop'), take('stop'), take('stop')])).filter(Boolean)).toHaveLength(1);
    expect((await all())[0]?.requested).toBeNull();
    expect(await request(service, 'restart')).toBe(true);
  });

  it('are asked for nothing by a transaction that is rolled back, and are not taken by one', async () => {
    const service = await aService();
    const failing = async (work: 'request' | 'take'): Promise<void> => {
      const written = bench.write(async (tx) => {
        if (work === 'request') expect(await store.request(tx, service, 'stop', bench.now)).toBe(true);
        else expect(await store.take(tx, here, 'web', 'stop')).toBe(true);
        throw new Error('no commit');
      });
      await expect(written).rejects.toThrow('no commit');
    };
    await failing('request');
    expect(await take('stop')).toBe(false);
    await request(service, 'stop');
    await failing('take');
    expect(await take('stop')).toBe(true);
  });

  it('are cleared away by server: what was not heard of, and what has left', async () => {
    const third = bench.ids.next().id;
    const silent = await aService({ serverId: there, announcedAt: bench.now - 1 });
    const left = await aService({ serverId: third, name: 'y', leftAt: bench.now });
    const living = await aService({ name: 'z' });
    const clear = (serverIds: string[], before: number) => bench.write((tx) => store.deleteOfServers(tx, serverIds, before));
    expect(await clear([there, here], bench.now - 1)).toBe(false);
    expect(await all()).toEqual([silent, left, living]);
    expect(await clear([third, there, here], bench.now)).toBe(true);
    expect(await all()).toEqual([living]);
    expect(await clear([], bench.now)).toBe(false);
  });

  it('are forgotten by age, or all but those of one server', async () => {
    await aService({ serverId: there, announcedAt: bench.now - 1 });
    const other = await aService({ serverId: there, name: 'x' });
    const own = await aService({ name: 'z' });
    expect(await bench.write((tx) => store.deleteAnnouncedBefore(tx, bench.now))).toEqual(['web']);
    expect(await all()).toEqual([other, own]);
    await bench.write((tx) => store.deleteAllBut(tx, here));
    expect(await all()).toEqual([own]);
  });
});
