import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { SUBMISSION_KEY_TTL_MS } from '../../libs/nestjs/src/persistence/index.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

const SCOPE = { userId: 'sue', roomId: 'lab', jobName: '@global:modifiers:Rotate', key: 'once' };
const SUBMISSION = { fingerprint: 'f00', taskIds: ['one', 'two'] };

describe.each(databases)('housekeeping on $name', (kind) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open(kind);
  });
  afterEach(() => bench.close());

  const find = (scope: typeof SCOPE, now: number) => bench.read((session) => bench.keys.find(session, scope, now));
  const put = (scope: typeof SCOPE, submission: typeof SUBMISSION, now: number, useless: typeof SUBMISSION | null = null) =>
    bench.write((tx) => bench.keys.put(tx, scope, submission, useless, now));

  it('remembers a submission under its key for 24 hours', async () => {
    await put(SCOPE, SUBMISSION, bench.now);
    expect(await find(SCOPE, bench.now + SUBMISSION_KEY_TTL_MS)).toEqual(SUBMISSION);
    expect(await find(SCOPE, bench.now + SUBMISSION_KEY_TTL_MS + 1)).toBeNull();
  });

  it.each(['userId', 'roomId', 'jobName', 'key'] as const)('does not confuse keys that differ in their %s', async (part) => {
    await put(SCOPE, SUBMISSION, bench.now);
    expect(await find({ ...SCOPE, [part]: `${SCOPE[part]} ` }, bench.now)).toBeNull();
    expect(await find({ ...SCOPE, [part]: SCOPE[part].toUpperCase() }, bench.now)).toBeNull();
  });

  it('lets a key stand for something new only when it has expired or its tasks are gone', async () => {
    const next = { fingerprint: 'f01', taskIds: ['three'] };
    expect(await put(SCOPE, SUBMISSION, bench.now)).toBe(true);
    expect(await put(SCOPE, next, bench.now + 1)).toBe(false);
    expect(await find(SCOPE, bench.now + 1)).toEqual(SUBMISSION);
    expect(await put(SCOPE, next, bench.now + 1, { ...SUBMISSION, taskIds: ['others'] })).toBe(false);
    expect(await put(SCOPE, next, bench.now + 1, SUBMISSION)).toBe(true);
    expect(await find(SCOPE, bench.now + 1 + SUBMISSION_KEY_TTL_MS)).toEqual(next);
    const later = bench.now + 2 + SUBMISSION_KEY_TTL_MS;
    expect(await put(SCOPE, SUBMISSION, later)).toBe(true);
    expect(await find(SCOPE, later)).toEqual(SUBMISSION);
  });

  it('deletes expired keys in batches', async () => {
    for (const key of ['a', 'b', 'c']) await put({ ...SCOPE, key }, SUBMISSION, bench.now);
    await put(SCOPE, SUBMISSION, bench.now + 1);
    const later = bench.now + SUBMISSION_KEY_TTL_MS + 1;
    const deleteTwo = () => bench.write((tx) => bench.keys.deleteExpired(tx, later, 2));
    expect([await deleteTwo(), await deleteTwo(), await deleteTwo()]).toEqual([2, 1, 0]);
    expect(await find(SCOPE, later)).toEqual(SUBMISSION);
  });

  it('deletes finished tasks in batches, the longest finished first, and nothing that goes on', async () => {
    const [job, worker] = [await bench.aJob(), await bench.aWorker()];
    const pending = await bench.aTask(job, { roomId: 'attic' });
    const ended: string[] = [];
    for (const _ of [1, 2, 3]) {
      bench.clock.advance(1);
      const task = await bench.aTask(job);
      await bench.report(task.id, 'cancelled', { userId: 'sue' });
      ended.unshift(task.id);
    }
    const claimed = await bench.aClaimedTask(await bench.aJob({ name: 'Other' }), worker);
    const deleteBefore = (before: number, limit: number) => bench.write((tx) => bench.tasks.deleteCompletedBefore(tx, before, limit));
    expect(await deleteBefore(bench.now, 1)).toBe(1);
    expect(await bench.find(ended[2] ?? '')).toBeNull();
    expect(await deleteBefore(bench.now, 10)).toBe(1);
    expect(await bench.find(ended[0] ?? '')).not.toBeNull();
    expect(await deleteBefore(bench.now + 1, 10)).toBe(1);
    expect(await deleteBefore(bench.now + 1000, 10)).toBe(0);
    for (const task of [pending, claimed]) expect(await bench.find(task.id)).toEqual(task);
  });

  it('gives a lease to one holder at a time, until it ends or is given back', async () => {
    const acquire = (holder: string, now: number, name = 'sweeper') =>
      bench.write((tx) => bench.leases.acquire(tx, name, holder, now, now + 10));
    expect(await acquire('ann', 0)).toBe(true);
    expect(await acquire('bob', 9)).toBe(false);
    expect(await acquire('bob', 9, 'other')).toBe(true);
    expect(await acquire('ann', 9)).toBe(true);
    expect(await acquire('bob', 18)).toBe(false);
    expect(await acquire('bob', 19)).toBe(true);
    await bench.write((tx) => bench.leases.release(tx, 'sweeper', 'ann'));
    expect(await acquire('ann', 20)).toBe(false);
    await bench.write((tx) => bench.leases.release(tx, 'sweeper', 'bob'));
    expect(await acquire('ann', 20)).toBe(true);
  });
});
