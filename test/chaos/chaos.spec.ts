import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { postgresObstacle } from '../faults/postgres-service.js';
import { Random } from '../faults/random.js';
import { redisMissing } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { Audience } from './audience.js';
import { expectHistoryHolds } from './checked-history.js';
import { FOREIGN_FAULTS, OWN_FAULTS } from './faults.js';
import type { Fault } from './faults.js';
import { Stage } from './stage.js';

/** `npm run chaos` asks for many; a run of all tests makes do with each kind once or so. */
const FAULTS = Number(process.env['JOBLIB_CHAOS_FAULTS'] ?? 14);

/** Printed with the test's name. It decides what happens and for how long; how the machine runs beside it, it cannot. */
const seed = Number(process.env['JOBLIB_CHAOS_SEED'] ?? Math.trunc(Math.random() * 0x7fffffff));

/** Between two faults of a kind of things. */
const REST_MS = 1000;

const obstacle = postgresObstacle ?? redisMissing;

(obstacle === null ? describe : describe.skip)(`chaos${obstacle === null ? '' : ` (not tried: ${obstacle})`}`, () => {
  let stage: Stage;
  let audience: Audience;
  beforeEach(async () => {
    stage = await Stage.set({ servers: 2, workers: 6 });
    audience = new Audience(stage);
  });
  afterEach(async () => {
    await audience.stopSubmitting();
    audience.leave();
    await stage.strike();
  });

  /** One fault after another, each kind before one comes again. */
  async function strikeAgain(faults: Readonly<Record<string, Fault>>, count: number, random: Random): Promise<void> {
    let left: string[] = [];
    for (let done = 0; done < count; done += 1) {
      if (left.length === 0) left = Object.keys(faults);
      const what = random.pick(left);
      left.splice(left.indexOf(what), 1);
      stage.history.fault(what);
      await faults[what]?.(stage, random);
      await pause(random.below(REST_MS));
    }
  }

  it(
    `of ${FAULTS} faults under load breaks no promise (JOBLIB_CHAOS_SEED=${seed})`,
    async () => {
      await audience.start(3, 2);
      await Promise.all([
        strikeAgain(OWN_FAULTS, Math.ceil(FAULTS / 2), new Random(seed)),
        strikeAgain(FOREIGN_FAULTS, Math.floor(FAULTS / 2), new Random(seed + 1)),
      ]);
      await stage.allReady();
      const before = audience.submitted;
      await until('work goes on', () => audience.submitted > before + 10);
      await audience.stopSubmitting();
      await until('nothing is pending', async () => (await stage.countOf('pending')) === 0);
      await stage.dismissWorkers();
      // What was claimed by workers that never heard of it, or that were killed: the sweeper ends it.
      await until('everything has its end', async () => (await stage.countOf('claimed', 'running')) === 0);
      const tasks = await stage.end();
      expect(tasks.filter(({ status }) => status === 'completed').length).toBeGreaterThan(tasks.length / 2);
      expectHistoryHolds(stage);
    },
    60_000 + FAULTS * 10_000,
  );
});
