import { hostname } from 'node:os';

import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';

import type { Service } from '../../libs/nestjs/src/domain/service.js';
import { expectProblem } from '../http/expectations.js';
import { ServiceStage } from '../services/server/service-stage.js';
import { until } from '../support/until.js';
import { DEAD_SECONDS, FIRST, LAST, awake, deaf, listed, stored } from './services-scene.js';

const stage = new ServiceStage();
afterEach(async () => {
  jest.restoreAllMocks();
  await stage.clear();
});

describe('the list of services', () => {
  it('has those of both servers, in one order on both', async () => {
    const shared = await deaf(stage);
    const one = await stage.server({ web: {}, db: {} }, shared);
    const other = await stage.server({ cache: {}, db: {} }, shared);
    await one.start('web');
    const names = ['cache initialized unknown', 'web running healthy', 'db initialized unknown', 'db initialized unknown'];
    expect([await listed(one), await listed(other)]).toEqual([names, names]);
    expect((await one.services('?limit=2&offset=1')).body).toMatchObject({ items: [{ name: 'web' }, { name: 'db' }], total: 4 });
    expect((await other.service('web'))?.started_at).toBe((await one.service('web'))?.started_at);
  });

  it('says of which server each is', async () => {
    const scene = await stage.server({ web: {} }, await deaf(stage));
    await stored(scene, { serverId: FIRST, restarts: 2, lastError: 'sorry', requires: ['db'] });
    expect((await scene.services()).body.items).toMatchObject([
      { name: 'web', server: 'elsewhere:1', state: 'running', restarts: 2, last_error: 'sorry', requires: ['db'] },
      { name: 'web', server: `${hostname()}:${process.pid}`, state: 'initialized' },
    ]);
  });
});

describe('a call to a service of another server', () => {
  it('is carried out by that one', async () => {
    const shared = await awake(stage);
    const owner = await stage.server({ web: {} }, shared);
    const bare = await stage.server(null, shared);
    expect((await bare.ask('web', 'start')).body).toMatchObject({ name: 'web', state: 'initialized' });
    await until('it is started', async () => {
      await owner.settled();
      return (await bare.service('web'))?.state === 'running';
    });
    expect((await bare.ask('web', 'restart')).status).toBe(202);
    await until('it is started again', async () => {
      await owner.settled();
      return owner.fakes.plugin('web').calls.filter((verb) => verb === 'start').length === 2;
    });
  });

  it('is made up for at the next look when it was not heard', async () => {
    const shared = await deaf(stage);
    const owner = await stage.server({ web: {} }, shared);
    const bare = await stage.server(null, shared);
    owner.fakes.plugin('web').mood.start = 'hang';
    await bare.ask('web', 'start');
    await owner.fakes.clock.advance(0);
    expect(owner.fakes.supervisor.status('web').state).toBe('initialized');
    await owner.look();
    expect(owner.fakes.supervisor.status('web').state).toBe('starting');
    expect((await owner.rows()).map(({ requested }) => requested)).toEqual([null]);
  });

  it('is made once at a time: a second one is refused until the first is begun, from whichever server', async () => {
    const shared = await deaf(stage);
    const owner = await stage.server({ web: {} }, shared);
    const [one, other] = [await stage.server(null, shared), await stage.server(null, shared)];
    const answers = await Promise.all([one.ask('web', 'start'), other.ask('web', 'start'), one.ask('web', 'restart')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    const late = await other.ask('web', 'start');
    expectProblem(late, 'InvalidServiceState');
    expect(late.body.detail).toMatch(/: It was asked to (re)?start just before\. Invalid state transition: initialized -> starting\.$/);
    await owner.look();
    await owner.settled();
    expect(owner.fakes.plugin('web').calls.filter((verb) => verb === 'start')).toHaveLength(1);
    expect((await other.ask('web', 'stop')).status).toBe(202);
  });

  it('comes to nothing, with a line in the log, when the state does not allow it any more', async () => {
    const shared = await deaf(stage);
    const owner = await stage.server({ web: {} }, shared);
    const bare = await stage.server(null, shared);
    await bare.ask('web', 'start');
    const started = owner.fakes.supervisor.start('web');
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await owner.look();
    await owner.settled();
    await started;
    expect(warn.mock.calls.map(([line]) => String(line))).toEqual([
      expect.stringMatching(
        /^Another server asked for a start, which comes to nothing: .*Invalid state transition: (starting|running) -> starting/,
      ),
    ]);
    expect(await listed(bare)).toEqual(['web running healthy']);
  });

  it('is refused for a state that does not allow it, and changes nothing', async () => {
    const shared = await deaf(stage);
    const owner = await stage.server({ web: {} }, shared);
    const bare = await stage.server(null, shared);
    const before = await owner.rows();
    for (const verb of ['stop', 'reset'] as const) expectProblem(await bare.ask('web', verb), 'InvalidServiceState');
    expect((await bare.ask('web', 'stop')).body.detail).toContain('Invalid state transition: initialized -> stopping.');
    expect(await owner.rows()).toEqual(before);
  });

  it.each<[string, (now: number) => Partial<Service>, RegExp]>([
    [
      'is not heard of any more',
      (now) => ({ announcedAt: now - DEAD_SECONDS * 1000 - 1 }),
      /has not been heard of since .*Z\. Invalid .* failed -> starting/,
    ],
    [
      'has stopped',
      (now) => ({ state: 'stopped', health: 'unknown', leftAt: now }),
      /Its server has stopped\. Invalid .* stopped -> starting/,
    ],
  ])('that %s is refused, whatever it was at', async (_, facts, detail) => {
    const bare = await stage.server(null, await deaf(stage));
    const before = await stored(bare, facts(bare.server.clock.now()));
    for (const verb of ['start', 'stop', 'restart', 'reset'] as const) expectProblem(await bare.ask('web', verb), 'InvalidServiceState');
    expect((await bare.ask('web', 'restart')).body.detail).toMatch(detail);
    expect(await bare.rows()).toEqual([before]);
  });
});

describe('a service that several servers have', () => {
  it('is called on all whose state allows it; those that are dead do not count', async () => {
    const shared = await deaf(stage);
    const [one, other] = [await stage.server({ web: {} }, shared), await stage.server({ web: {} }, shared)];
    const dead = await stored(one, { announcedAt: shared.clock.now() - DEAD_SECONDS * 1000 - 1 });
    await one.start('web');
    // The one that is asked cannot, another one can: the answer is its own.
    expect((await one.ask('web', 'start')).body).toMatchObject({ state: 'running', server: `${hostname()}:${process.pid}` });
    await other.look();
    await other.settled();
    expect((await one.ask('web', 'stop')).body.state).toBe('stopping');
    await other.look();
    await other.settled();
    await one.settled();
    expect([one, other].map(({ fakes }) => fakes.supervisor.status('web').state)).toEqual(['stopped', 'stopped']);
    expect((await one.rows()).find(({ serverId }) => serverId === LAST)).toEqual(dead);
    expectProblem(await one.ask('web', 'stop'), 'InvalidServiceState');
  });

  it('is answered for by the first that is asked, where the server has none itself', async () => {
    const bare = await stage.server(null, await deaf(stage));
    await stored(bare, { server: 'last:1' });
    await stored(bare, { serverId: FIRST, server: 'first:1' });
    expect((await bare.ask('web', 'stop')).body.server).toBe('first:1');
    expect((await bare.rows()).map(({ requested }) => requested)).toEqual(['stop', 'stop']);
  });
});
