import { hostname } from 'node:os';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVICE_CALLS, SERVICE_STATES, SERVICE_VERBS } from '@joblib/contract';
import type { ServiceState, ServiceVerb } from '@joblib/contract';

import { expectJson, expectProblem } from '../../http/expectations.js';
import { JoblibUser } from '../../support/joblib-user.js';
import { ServiceStage } from './service-stage.js';
import type { ServiceServer } from './service-stage.js';

const SERVER = `${hostname()}:${process.pid}`;
const NEW = { kind: 'custom', state: 'initialized', health: 'unknown', restarts: 0, started_at: null, last_error: null, requires: [] };

const stage = new ServiceStage();
afterEach(() => stage.clear());

describe('the list of services', () => {
  it('has what is known of each, in start order, as it is at the moment', async () => {
    const scene = await stage.server({ web: { kind: 'process', requires: ['cache'] }, cache: { kind: 'container' } });
    const [cache, web] = [
      { ...NEW, name: 'cache', kind: 'container', server: SERVER },
      { ...NEW, name: 'web', kind: 'process', requires: ['cache'], server: SERVER },
    ];
    expectJson(await scene.services(), 200, { items: [cache, web], total: 2, limit: 50, offset: 0 });
    const startedAt = new Date(scene.fakes.clock.nowMs()).toISOString();
    await scene.start('web');
    await scene.fakes.feel('cache', 'unhealthy');
    scene.fakes.plugin('web').exit();
    await scene.fakes.clock.advance(0);
    expect((await scene.services()).body.items).toEqual([
      { ...cache, state: 'running', health: 'unhealthy', started_at: startedAt },
      { ...web, state: 'failed', last_error: 'Service web ended with exit code 1' },
    ]);
  });

  it('comes in pages, is for everybody, and is empty without a supervisor', async () => {
    const scene = await stage.server({ b: {}, a: {}, c: {} });
    const { items, ...rest } = (await scene.services('?limit=1&offset=1')).body;
    expect([items.map(({ name }) => name), rest]).toEqual([['a'], { total: 3, limit: 1, offset: 1 }]);
    expectJson(await scene.services('?limit=0'), 200, { items: [], total: 3, limit: 0, offset: 0 });
    expectJson(await scene.services('?offset=3'), 200, { items: [], total: 3, limit: 50, offset: 3 });
    expect((await new JoblibUser(scene.server.origin, 'eve').call('GET', '/services')).status).toBe(200);
    expectJson(await (await stage.server(null)).services(), 200, { items: [], total: 0, limit: 50, offset: 0 });
  });
});

describe('a call', () => {
  it('starts, restarts, stops and resets', async () => {
    const scene = await stage.server({ 'web/1 ü': {} });
    const ask = async (verb: ServiceVerb): Promise<unknown[]> => {
      const answer = await scene.ask('web/1 ü', verb);
      expect(answer.status).toBe(202);
      await scene.settled();
      return [answer.body.state, (await scene.service('web/1 ü'))?.state];
    };
    expect(await ask('start')).toEqual(['starting', 'running']);
    expect(await ask('restart')).toEqual(['stopping', 'running']);
    expect(await ask('stop')).toEqual(['stopping', 'stopped']);
    expect(await ask('reset')).toEqual(['initialized', 'initialized']);
    expect(scene.fakes.plugin('web/1 ü').aliveCount).toBe(0);
  });

  it('answers before it is known what comes of it; what went wrong is in the list', async () => {
    const scene = await stage.server({ web: {} });
    scene.fakes.plugin('web').mood.start = 'throw';
    expectJson(await scene.ask('web', 'start'), 202, { ...NEW, name: 'web', state: 'starting', server: SERVER });
    await scene.settled();
    const lastError = 'Service web failed to start: cannot start';
    expect(await scene.service('web')).toMatchObject({ state: 'failed', last_error: lastError });
    expect(scene.fakes.logger.lines).toContain(`error: Service web: starting -> failed: ${lastError}`);
    await scene.ask('web', 'reset');
    expect(await scene.service('web')).toMatchObject({ state: 'initialized', last_error: null });
  });

  it('that starts is done once, of two that come at once', async () => {
    const scene = await stage.server({ web: {} });
    const answers = await Promise.all([scene.ask('web', 'start'), scene.ask('web', 'start'), scene.ask('web', 'start')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    await scene.settled();
    expect(scene.fakes.plugin('web').calls.filter((verb) => verb === 'start')).toHaveLength(1);
  });

  it('that stops a start ends it', async () => {
    const scene = await stage.server({ web: {} });
    scene.fakes.plugin('web').mood.start = 'hang';
    await scene.ask('web', 'start');
    expect((await scene.ask('web', 'stop')).body).toMatchObject({ state: 'starting' });
    await scene.settled();
    expect(await scene.service('web')).toMatchObject({
      state: 'failed',
      last_error: 'Service web failed to start: stopped while starting',
    });
    expect(scene.fakes.plugin('web').aliveCount).toBe(0);
  });

  it('is for superusers, of a service that is there; anything else changes nothing', async () => {
    const scene = await stage.server({ web: {} });
    const eve = new JoblibUser(scene.server.origin, 'eve');
    for (const verb of SERVICE_VERBS) {
      for (const name of ['none', '\0', 'WEB', 'web ', '😀']) {
        expectProblem(await scene.ask(name, verb), 'ServiceNotFound');
        expectProblem(await scene.ask(name, verb, eve), 'ServiceNotFound');
      }
      expectProblem(await scene.ask('web', verb, eve), 'Forbidden');
    }
    expectProblem(await (await stage.server(null)).ask('web', 'start'), 'ServiceNotFound');
    expect(await scene.service('web')).toMatchObject({ state: 'initialized' });
    expect(scene.fakes.plugin('web').calls).toEqual([]);
  });

  it('that nothing comes of, because everything is about to end, is refused', async () => {
    const scene = await stage.server({ web: {} });
    await scene.fakes.supervisor[Symbol.asyncDispose]();
    for (const verb of ['start', 'restart'] as const) {
      const answer = await scene.ask('web', verb);
      expectProblem(answer, 'InvalidServiceState');
      expect(answer.body.detail).toBe(
        `Service 'web' of ${SERVER}: Service web failed to start: its supervisor is disposed. Invalid state transition: initialized -> starting.`,
      );
    }
  });
});

describe('of four calls in six states', () => {
  /** What becomes of it, and how it is right after the call. */
  const OUTCOMES: Readonly<Record<ServiceState, Partial<Record<ServiceVerb, readonly [atOnce: ServiceState, then: ServiceState]>>>> = {
    initialized: { start: ['starting', 'running'], restart: ['starting', 'running'] },
    starting: { stop: ['starting', 'failed'] },
    running: { stop: ['stopping', 'stopped'], restart: ['stopping', 'running'] },
    stopping: {},
    stopped: { start: ['starting', 'running'], restart: ['starting', 'running'], reset: ['initialized', 'initialized'] },
    failed: { restart: ['starting', 'running'], reset: ['initialized', 'initialized'] },
  };
  const pairs = SERVICE_STATES.flatMap((state) => SERVICE_VERBS.map((verb) => ({ state, verb, name: `${state}, ${verb}` })));
  const shared = new ServiceStage();
  let scene: ServiceServer;

  beforeAll(async () => {
    scene = await shared.server(Object.fromEntries(pairs.map(({ name }) => [name, {}])));
    for (const { state, name } of pairs) await bring(name, state);
  });
  afterAll(() => shared.clear());

  async function bring(name: string, state: ServiceState): Promise<void> {
    const { supervisor, clock } = scene.fakes;
    const { mood } = scene.fakes.plugin(name);
    if (state === 'initialized') return;
    if (state === 'starting') mood.start = 'hang';
    if (state === 'failed') mood.start = 'throw';
    if (state === 'stopping') mood.stop = 'hang';
    const going = supervisor.start(name).catch(() => undefined);
    await clock.advance(0);
    if (state === 'failed') mood.start = 'ok';
    if (state === 'stopping' || state === 'stopped') void supervisor.stop(name);
    await clock.advance(0);
    if (state !== 'starting') await going;
    expect(supervisor.status(name).state).toBe(state);
  }

  it.each(pairs)('$state, $verb', async ({ state, verb, name }) => {
    const expected = OUTCOMES[state][verb];
    const calls = [...scene.fakes.plugin(name).calls];
    const answer = await scene.ask(name, verb);
    if (expected !== undefined) {
      expect([answer.status, answer.body.state]).toEqual([202, expected[0]]);
      await scene.settled();
      expect((await scene.service(name))?.state).toBe(expected[1]);
      return;
    }
    expectProblem(answer, 'InvalidServiceState');
    expect(answer.body.detail).toBe(`Service '${name}' of ${SERVER}: Invalid state transition: ${state} -> ${SERVICE_CALLS[verb].to}.`);
    await scene.settled();
    expect([scene.fakes.supervisor.status(name).state, scene.fakes.plugin(name).calls]).toEqual([state, calls]);
  });
});
