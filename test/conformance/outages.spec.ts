import type { RoomEvent } from '@joblib/contract';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

import type { Transaction } from '../../libs/nestjs/src/persistence/index.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

const LIST_OF_LAB: RoomEvent = { name: 'jobs_invalidate', room: 'room:lab', payload: {} };
const BULKY = 'x'.repeat(100_000);

const cases = databases.flatMap(({ name: kind, outages }) => outages.map((outage) => ({ kind, ...outage })));

describe.each(cases)('the unit of work on $kind during $name', ({ isReadable, open }) => {
  let bench: Workbench;
  let begin: () => Promise<() => Promise<void>>;
  let end: () => Promise<void>;
  let errors: jest.SpiedFunction<Logger['error']>;
  let logs: jest.SpiedFunction<Logger['log']>;
  beforeEach(async () => {
    errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    logs = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const opened = await open();
    bench = Workbench.on(opened.database);
    begin = opened.begin;
    end = () => Promise.resolve();
  });
  afterEach(async () => {
    await end();
    await bench.close();
    errors.mockRestore();
    logs.mockRestore();
  });

  /** Puts in a worker of this user. */
  const hire = (userId: string, andThen: (transaction: Transaction) => void = () => undefined) =>
    bench.write(async (tx) => {
      const { id, createdAt } = bench.ids.next();
      await bench.workers.insert(tx, { id, userId, createdAt, lastHeartbeat: createdAt });
      andThen(tx);
    });

  async function hired(): Promise<string[]> {
    const rows = await bench.database.dataSource.query<{ user_id: string }[]>('SELECT user_id FROM joblib_worker ORDER BY id');
    return rows.map(({ user_id }) => user_id);
  }

  async function over(): Promise<void> {
    await end();
    end = () => Promise.resolve();
  }

  it('refuses writes as unavailable, changes nothing, and works again afterwards', async () => {
    await hire('ann');
    end = await begin();
    const tell = (tx: Transaction): void => tx.emitAfterCommit(LIST_OF_LAB);
    for (const attempt of [hire(BULKY, tell), ...[1, 2, 3].map(() => hire(BULKY, tell))]) {
      await expect(attempt).rejects.toMatchObject({ problem: 'DatabaseUnavailable', headers: { 'Retry-After': '2' } });
    }
    const reading = bench.read((session) => bench.workers.idsOfUser(session, 'ann'));
    if (isReadable) expect(await reading).toHaveLength(1);
    else await expect(reading).rejects.toMatchObject({ problem: 'DatabaseUnavailable' });
    await over();
    expect(bench.events).toEqual([]);
    await hire('bob');
    expect(await hired()).toEqual(['ann', 'bob']);
  });

  it('says once in the log that it began, and once that it is over', async () => {
    await hire('ann');
    end = await begin();
    for (let round = 0; round < 5; round += 1) await expect(hire(BULKY)).rejects.toThrow('The database cannot be used now');
    expect(errors.mock.calls.map(([message]) => String(message))).toEqual([expect.stringContaining('The database cannot be used now')]);
    await over();
    await hire('ann');
    await hire('ann');
    expect(errors).toHaveBeenCalledTimes(1);
    expect(logs.mock.calls.map(([message]) => String(message))).toEqual([expect.stringContaining('can be used again')]);
  });
});
