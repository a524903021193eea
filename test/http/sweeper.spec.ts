import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '@joblib/nestjs/testing';

import { SweepTimers } from '../../libs/nestjs/src/sweeper/index.js';
import type { JoblibAppOptions } from '../support/joblib-app.js';
import { lastingDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { Scene } from './scene.js';
import { NOTHING, sweep, taskOf, workerIds } from './sweeping.js';

let scene: Scene;

async function start(options: JoblibAppOptions = {}): Promise<void> {
  await scene?.close();
  scene = await Scene.start(options);
}

afterEach(() => scene.close());

describe('the lease', () => {
  it('of another server keeps this one from sweeping until it has expired', async () => {
    await start();
    const expiresAt = scene.server.clock.now() + 100_000;
    await scene.server.dataSource.query(
      `INSERT INTO joblib_lease (name, holder, expires_at) VALUES ('sweeper', 'another server', ${expiresAt})`,
    );
    await scene.aWorker();
    scene.server.clock.advance(99.999);
    const before = await scene.contents();
    expect(await sweep(scene)).toEqual(NOTHING);
    expect(await scene.contents()).toEqual(before);
    scene.server.clock.advance(0.001);
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
  });

  it('ends with the server, so that the next one sweeps at once', async () => {
    const database = await lastingDatabase();
    try {
      const clock = new FakeClock();
      await start({ database, clock });
      await scene.aWorker();
      expect(await sweep(scene)).toEqual(NOTHING);
      await start({ database, clock, settings: { workerTimeoutSeconds: 10 } });
      scene.server.clock.advance(11);
      expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
    } finally {
      await scene.close();
      await database.remove();
    }
  });

  it('is the holder’s own again and again', async () => {
    await start();
    for (let round = 0; round < 3; round += 1) {
      await scene.aWorker();
      scene.server.clock.advance(61);
      expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
    }
    const held = scene.server.clock.now() + 2 * 30 * 1000;
    const leases = await scene.server.dataSource.query<{ name: string; expires_at: number | string }[]>('SELECT * FROM joblib_lease');
    expect(leases.map(({ name, expires_at }) => [name, Number(expires_at)])).toEqual([['sweeper', held]]);
  });
});

describe('the schedule', () => {
  const hasInterval = (name: string): boolean => scene.server.app.get(SweepTimers, { strict: false }).doesExist('interval', name);

  it('sweeps by itself, again and again, and ends with the server', async () => {
    await start({ settings: { sweeperIntervalSeconds: 0.02 } });
    for (let round = 0; round < 2; round += 1) {
      await scene.aWorker();
      scene.server.clock.advance(61);
      await until('a sweep', async () => (await workerIds(scene)).length === 0);
    }
    expect([hasInterval('joblib/sweep'), hasInterval('joblib/put-back')]).toEqual([true, false]);
    await scene.close();
    expect(hasInterval('joblib/sweep')).toBe(false);
  });

  it('puts back unstarted tasks between two sweeps', async () => {
    await start({ settings: { sweeperIntervalSeconds: 1000, claimStartTimeoutSeconds: 0.1 } });
    await scene.aJob();
    const task = await scene.aClaimedTask();
    expect(hasInterval('joblib/put-back')).toBe(true);
    scene.server.clock.advance(1);
    await until('the task is put back', async () => (await taskOf(scene, task)).status === 'pending');
    await scene.close();
    expect([hasInterval('joblib/sweep'), hasInterval('joblib/put-back')]).toEqual([false, false]);
  });
});
