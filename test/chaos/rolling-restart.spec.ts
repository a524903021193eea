import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { postgresObstacle } from '../faults/postgres-service.js';
import { redisMissing } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { Audience } from './audience.js';
import { expectHistoryHolds } from './checked-history.js';
import { Stage } from './stage.js';

const SERVERS = 3;
const WORKERS = 16;
const ROUNDS = 2;

const obstacle = postgresObstacle ?? redisMissing;

(obstacle === null ? describe : describe.skip)(`a rolling restart${obstacle === null ? '' : ` (not tried: ${obstacle})`}`, () => {
  let stage: Stage;
  let audience: Audience;
  beforeEach(async () => {
    stage = await Stage.set({ servers: SERVERS, workers: WORKERS });
    audience = new Audience(stage);
  });
  afterEach(async () => {
    await audience.stopSubmitting();
    audience.leave();
    await stage.strike();
  });

  it('fails no task, loses none and runs none twice; clients see nothing but 503 and closed connections', async () => {
    await audience.start(4, 2);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let index = 0; index < SERVERS; index += 1) {
        const before = audience.submitted;
        expect(await stage.stopServer(index, 'SIGTERM')).toBe(0);
        await stage.startServer(index);
        await until('work goes on', () => audience.submitted > before + 20);
      }
    }
    await audience.stopSubmitting();
    await until('everything is done', async () => (await stage.countOf('pending', 'claimed', 'running')) === 0);
    expect(await stage.dismissWorkers()).toEqual(Array(WORKERS).fill(0));
    const tasks = await stage.end();
    expect(tasks.length).toBeGreaterThanOrEqual(audience.submitted);
    expect(tasks.filter(({ status, attempt }) => status !== 'completed' || attempt !== 1)).toEqual([]);
    expectHistoryHolds(stage);
  });
});
