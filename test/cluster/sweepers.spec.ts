import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { INTERNAL_REGISTRY, Sweeper } from '@joblib/nestjs';
import type { InternalJobContext } from '@joblib/nestjs';

import { redisMissing } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { Cluster, becauseOfRedis } from './cluster.js';

const SUM = '@internal:analysis:Sum';

/** What is running in this process, on whichever server. */
const running: { context: InternalJobContext; resolve: (result: unknown) => void }[] = [];
const held = {
  provide: INTERNAL_REGISTRY,
  useValue: {
    jobs: new Map([[SUM, { run: (context: InternalJobContext) => new Promise((resolve) => running.push({ context, resolve })) }]]),
  },
};

(redisMissing === null ? describe : describe.skip)(`what servers do by themselves, with two of them${becauseOfRedis}`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ overrides: [held] });
  });
  afterAll(async () => {
    for (const { resolve } of running) resolve(null);
    await cluster.close();
  });

  it('sweeps on one at a time, and on the other as soon as the first lets go', async () => {
    const { here, there } = cluster;
    const [one, other] = [here, there].map(({ app }) => app.get(Sweeper, { strict: false }));
    const later = Date.now() + 3_600_000;
    const workerIds = [];
    for (let count = 0; count < 5; count += 1) workerIds.push((await here.user('root').createWorker()).body.id);
    const swept = await Promise.all([one?.sweepOnce(later), other?.sweepOnce(later)]);
    const counts = swept.map((each) => each?.workers ?? 0).sort((a, b) => a - b);
    // The servers are workers too; the one that swept finds both silent an hour from now.
    expect(counts).toEqual([0, workerIds.length + 2]);
    const holder = (swept[0]?.workers ?? 0) > 0 ? one : other;
    const next = holder === one ? other : one;
    await here.user('root').createWorker();
    expect(await next?.sweepOnce(later + 1)).toMatchObject({ workers: 0 });
    await holder?.release();
    expect(await next?.sweepOnce(later + 2)).toMatchObject({ workers: 1 });
  });

  it('runs @internal tasks wherever there is room: more than one server could take', async () => {
    const { here, there } = cluster;
    const TASKS = 12;
    await until('both servers have registered anew', async () => {
      const { body } = await here.user('ann').call<{ items: unknown[] }>('GET', '/workers');
      return body.items.length === 2;
    });
    for (let count = 0; count < TASKS; count += 1) await here.user('sue').submit('lab', SUM);
    await until('all of them run', () => running.length === TASKS);
    const ids = running.map(({ context }) => context.taskId);
    expect(new Set(ids).size).toBe(TASKS);
    const workers = await Promise.all(ids.map(async (id) => (await there.user('sue').task(id)).body.worker_id));
    expect(new Set(workers).size).toBe(2);
    for (const { resolve } of running) resolve('done');
    for (const id of ids) {
      expect((await there.user('sue').task(id, { prefer: 'wait=20' })).body).toMatchObject({ status: 'completed', result: 'done' });
    }
  });
});
