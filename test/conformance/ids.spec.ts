import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { TimeOrderedIds } from '../../libs/nestjs/src/persistence/index.js';
import { FakeClock } from '../../libs/nestjs/src/testing/index.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

describe.each(databases)('ids on $name', (kind) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open(kind);
  });
  afterEach(() => bench.close());

  it('sort by creation, in the database as they do here, whatever the clock does', async () => {
    const job = await bench.aJob();
    const made = [];
    for (const seconds of [0, 0, 1, 3600, -7200, 0, 86_400]) {
      bench.clock.advance(seconds);
      made.push((await bench.aTask(job)).id);
    }
    const rows = await bench.database.dataSource.query<{ id: string }[]>('SELECT id FROM joblib_task ORDER BY id');
    expect(rows.map(({ id }) => id)).toEqual(made);
  });

  it('carry the time of their row, and sort in the order of their making within one millisecond', () => {
    const made = Array.from({ length: 1000 }, () => bench.ids.next());
    expect(made.map(({ id }) => id)).toEqual(made.map(({ id }) => id).sort());
    expect(new Set(made.map(({ createdAt }) => createdAt))).toEqual(new Set([bench.now]));
    expect(new Set(made.map(({ id }) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)))).toEqual(new Set([bench.now]));
  });

  it('go on behind the newest task when the clock was put back while no server ran', async () => {
    const { id, createdAt } = await bench.aTask(await bench.aJob());
    const restarted = new TimeOrderedIds(bench.unitOfWork, new FakeClock(createdAt - 3_600_000));
    await restarted.onModuleInit();
    const next = restarted.next();
    expect(next.id > id).toBe(true);
    expect(next.createdAt).toBeGreaterThan(createdAt);
    expect(restarted.next().id > next.id).toBe(true);
  });

  it('follow the clock in an empty database, and when it is ahead of the newest task', async () => {
    const firstTime = async (): Promise<number> => {
      const ids = new TimeOrderedIds(bench.unitOfWork, bench.clock);
      await ids.onModuleInit();
      return ids.next().createdAt;
    };
    expect(await firstTime()).toBe(bench.now);
    await bench.aTask(await bench.aJob());
    bench.clock.advance(1);
    expect(await firstTime()).toBe(bench.now);
  });
});
