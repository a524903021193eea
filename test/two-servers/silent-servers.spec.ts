import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { postgresDataSourceOptions } from '@joblib/nestjs';
import { FakeClock } from '@joblib/nestjs/testing';

import { GATE, JOB, ServiceStage } from '../services/server/service-stage.js';
import { createPostgresDatabase } from '../support/postgres-databases.js';
import { claimsHeld, until } from '../support/until.js';
import { DEAD_SECONDS, FIRST, FORGOTTEN_SECONDS, aTask, claimed, deaf, listed, stored } from './services-scene.js';

const stage = new ServiceStage();
afterEach(async () => {
  jest.restoreAllMocks();
  await stage.clear();
});

describe('a server that is not heard of any more', () => {
  it('has its services listed as failed, which rooms are told; in the end they are forgotten, and gate nothing', async () => {
    const shared = await deaf(stage);
    const bare = await stage.server(null, shared);
    const { workerId, taskId } = await aTask(bare);
    const service = await stored(bare, { jobs: [JOB] });
    await bare.look();
    expect([await listed(bare), bare.invalidations]).toEqual([['web running healthy'], []]);
    const since = new Date(shared.clock.now()).toISOString();
    shared.clock.advance(DEAD_SECONDS + 0.001);
    await bare.look();
    expect((await bare.services()).body.items).toMatchObject([
      { name: 'web', state: 'failed', health: 'unknown', started_at: null, last_error: `Its server has not been heard of since ${since}.` },
    ]);
    expect([await claimed(bare, workerId), bare.invalidations]).toEqual([null, ['room:*']]);
    await bare.root.heartbeat(workerId);
    shared.clock.advance(FORGOTTEN_SECONDS - DEAD_SECONDS - 0.001);
    await bare.look();
    expect([await bare.rows(), bare.invalidations]).toEqual([[service], ['room:*']]);
    const held = bare.root.claim(workerId, {}, { prefer: 'wait=60' });
    await claimsHeld(bare.server, 1);
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    shared.clock.advance(0.001);
    await bare.look();
    expect([await bare.rows(), bare.invalidations]).toEqual([[], ['room:*', 'room:*']]);
    expect(warn.mock.calls.map(([line]) => String(line))).toEqual([
      'Their servers were not heard of for too long, they are forgotten: web.',
    ]);
    expect((await held).body.task?.id).toBe(taskId);
  });

  it('and comes back tells of its services again', async () => {
    const shared = await deaf(stage);
    const owner = await stage.server({ web: GATE }, shared);
    const bare = await stage.server(null, shared);
    await owner.start('web');
    shared.clock.advance(FORGOTTEN_SECONDS + 1);
    await bare.look();
    expect(await listed(bare)).toEqual([]);
    await owner.look();
    await bare.look();
    expect(await listed(bare)).toEqual(['web running healthy']);
  });

  it('is not cleared away at a start of another one while it lives, or is on another machine', async () => {
    const shared = await deaf(stage);
    const first = await stage.server({ web: {} }, shared);
    const elsewhere = await stored(first, { name: 'gpu', announcedAt: shared.clock.now() - DEAD_SECONDS * 1000 - 1 });
    await stored(first, { serverId: FIRST, name: 'x', server: `${hostname()}:1`, announcedAt: elsewhere.announcedAt });
    const second = await stage.server({ db: {} }, shared);
    expect((await second.rows()).map(({ name }) => name).sort()).toEqual(['db', 'gpu', 'web']);
  });

  it('because it was killed: its services have failed and their tasks wait', async () => {
    const { url, drop } = await createPostgresDatabase();
    const database = { options: () => postgresDataSourceOptions(url), remove: drop };
    const clock = new FakeClock(Date.now());
    const bare = await stage.server(null, { database, clock });
    const env = { PATH: process.env['PATH'], DATABASE: url, JOB };
    const program = fileURLToPath(new URL('supervising-server.js', import.meta.url));
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      for await (const line of createInterface(child.stdout)) if (line === 'listening') break;
      await until('its service is well', async () => (await listed(bare)).join() === 'web running healthy');
      await bare.look();
      const { workerId, taskId } = await aTask(bare);
      expect(await claimed(bare, workerId)).toBe(taskId);
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await bare.root.submit('lab', JOB);
      clock.advance(2 * DEAD_SECONDS);
      await bare.look();
      expect([await listed(bare), await claimed(bare, workerId)]).toEqual([['web failed unknown'], null]);
    } finally {
      child.kill('SIGKILL');
      await bare.server.close();
      await drop();
    }
  });
});
