import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Delivery } from '../../libs/nestjs/src/domain/delivery.js';
import type { AttemptOutcome } from '../../libs/nestjs/src/persistence/index.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

const LEASE_SECONDS = 60;
const SECOND_MS = 1000;

describe.each(databases)('deliveries on $name', (kind) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open(kind);
  });
  afterEach(() => bench.close());

  const putOut = (...taskIds: string[]) => bench.write((tx) => tx.all(tx.statements.deliveries.putOut(taskIds)));
  const takeOut = (limit = 100) => bench.write((tx) => bench.deliveries.takeOut(tx, limit));
  const begin = (plugin = 'chat', limit = 100) =>
    bench.write((tx) => bench.deliveries.begin(tx, plugin, bench.now, bench.now + LEASE_SECONDS * SECOND_MS, limit));
  const settle = (attempt: Delivery, outcome: AttemptOutcome) => bench.write((tx) => bench.deliveries.settle(tx, attempt, outcome));
  const retry = (id: string, plugin = 'chat') => bench.write((tx) => bench.deliveries.retry(tx, plugin, id, bench.now));
  const find = (id: string, plugin = 'chat') => bench.read((session) => bench.deliveries.find(session, plugin, id));

  async function aDelivery(facts: Partial<Delivery> = {}): Promise<Delivery> {
    const { id, createdAt } = bench.ids.next();
    const delivery: Delivery = {
      ...{ id, plugin: 'chat', taskId: bench.ids.next().id, status: 'pending', attempts: 0, createdAt, nextAttemptAt: createdAt },
      ...{ deliveredAt: null, error: null, ...facts },
    };
    await bench.write((tx) => bench.deliveries.insert(tx, [delivery]));
    return delivery;
  }

  async function begun(facts: Partial<Delivery> = {}): Promise<Delivery> {
    const { id, plugin } = await aDelivery(facts);
    const delivery = (await begin(plugin)).find((one) => one.id === id);
    if (delivery === undefined) throw new Error('It was not begun.');
    return delivery;
  }

  const failForGood = (attempt: Delivery) => settle(attempt, { kind: 'failed', error: 'sorry', nextAttemptAt: null });

  it('knows which plugins the servers announced lately, and what each accepts now', async () => {
    const announce = (name: string, accepts: 'reports' | 'tasks') =>
      bench.write((tx) => bench.deliveries.announcePlugins(tx, [{ name, accepts }], bench.now));
    const since = (time: number) => bench.read((session) => bench.deliveries.pluginsSince(session, time));
    await announce('mail', 'reports');
    await announce('chat', 'tasks');
    bench.clock.advance(1);
    await announce('chat', 'reports');
    expect(await since(bench.now - SECOND_MS)).toEqual([
      { name: 'chat', accepts: 'reports' },
      { name: 'mail', accepts: 'reports' },
    ]);
    expect((await since(bench.now)).map(({ name }) => name)).toEqual(['chat']);
  });

  it('takes out what was put out once, the oldest first, each task once', async () => {
    const [a, b, c] = [bench.ids.next().id, bench.ids.next().id, bench.ids.next().id];
    await putOut(c, a);
    await putOut(b, a);
    expect(await takeOut(2)).toEqual([a, b]);
    expect(await takeOut(2)).toEqual([c]);
    expect(await takeOut(2)).toEqual([]);
  });

  it('puts out nothing when the transaction is rolled back, and takes out nothing either', async () => {
    const task = bench.ids.next().id;
    const failing = async (work: 'putOut' | 'takeOut'): Promise<unknown> => {
      let seen: unknown;
      const written = bench.write(async (tx) => {
        seen = work === 'putOut' ? await tx.all(tx.statements.deliveries.putOut([task])) : await bench.deliveries.takeOut(tx, 10);
        throw new Error('no commit');
      });
      await expect(written).rejects.toThrow('no commit');
      return seen;
    };
    await failing('putOut');
    expect(await takeOut()).toEqual([]);
    await putOut(task);
    expect(await failing('takeOut')).toEqual([task]);
    expect(await takeOut()).toEqual([task]);
  });

  it('takes out each task once, however many do so at once', async () => {
    const tasks = Array.from({ length: 40 }, () => bench.ids.next().id);
    await putOut(...tasks);
    const taken = await Promise.all(Array.from({ length: 10 }, () => takeOut(4)));
    const again = await takeOut();
    expect([...taken.flat(), ...again].sort()).toEqual(tasks.toSorted());
  });

  it('has one delivery for each plugin and task: what is there already stays as it is', async () => {
    const delivery = await begun();
    await aDelivery({ taskId: delivery.taskId });
    const other = await aDelivery({ taskId: delivery.taskId, plugin: 'mail' });
    expect(await begin()).toEqual([]);
    expect((await begin('mail')).map(({ id }) => id)).toEqual([other.id]);
    await bench.write((tx) => bench.deliveries.insert(tx, []));
  });

  it('begins what is due for a plugin, the longest due first, and counts the attempt', async () => {
    const late = await aDelivery({ nextAttemptAt: bench.now + 2 * SECOND_MS });
    const early = await aDelivery({ nextAttemptAt: bench.now + 1 * SECOND_MS });
    const future = await aDelivery({ nextAttemptAt: bench.now + 9 * SECOND_MS });
    await aDelivery({ plugin: 'mail' });
    bench.clock.advance(2);
    expect(await begin('chat', 1)).toEqual([{ ...early, attempts: 1, nextAttemptAt: bench.now + LEASE_SECONDS * SECOND_MS }]);
    expect((await begin()).map(({ id }) => id)).toEqual([late.id]);
    expect(await begin()).toEqual([]);
    expect(await find(future.id)).toEqual(future);
  });

  it('gives a delivery to one of many that begin at once', async () => {
    const ids = [];
    for (let index = 0; index < 12; index += 1) ids.push((await aDelivery()).id);
    const taken = await Promise.all(Array.from({ length: 8 }, () => begin('chat', 3)));
    const again = await begin();
    expect([...taken.flat(), ...again].map(({ id }) => id).sort()).toEqual(ids.toSorted());
  });

  it('begins again what a server has held for too long; that server settles nothing any more', async () => {
    const first = await begun();
    bench.clock.advance(LEASE_SECONDS - 1);
    expect(await begin()).toEqual([]);
    bench.clock.advance(1);
    const [second] = await begin();
    expect(second?.attempts).toBe(2);
    for (const outcome of [
      { kind: 'succeeded', now: bench.now },
      { kind: 'failed', error: 'late', nextAttemptAt: null },
      { kind: 'given-back', now: bench.now },
    ] as const) {
      expect(await settle(first, outcome)).toBe(false);
    }
    expect(await find(first.id)).toEqual(second);
  });

  it('is delivered once, and is not begun again', async () => {
    const delivery = await begun({ attempts: 1, error: 'before' });
    expect(await settle(delivery, { kind: 'succeeded', now: bench.now + 5 * SECOND_MS })).toBe(true);
    const delivered = { ...delivery, status: 'delivered', deliveredAt: bench.now + 5 * SECOND_MS, nextAttemptAt: null, error: null };
    expect(await find(delivery.id)).toEqual(delivered);
    expect(await settle(delivery, { kind: 'succeeded', now: bench.now + 6 * SECOND_MS })).toBe(false);
    bench.clock.advance(LEASE_SECONDS);
    expect(await begin()).toEqual([]);
  });

  it('waits after a failure, or has failed for good', async () => {
    const delivery = await begun();
    await settle(delivery, { kind: 'failed', error: 'busy', nextAttemptAt: bench.now + 4 * SECOND_MS });
    expect(await find(delivery.id)).toEqual({ ...delivery, nextAttemptAt: bench.now + 4 * SECOND_MS, error: 'busy' });
    bench.clock.advance(4);
    const [second] = await begin();
    expect(await failForGood(second as Delivery)).toBe(true);
    const failed = { ...delivery, status: 'failed', attempts: 2, nextAttemptAt: null, error: 'sorry' };
    expect(await find(delivery.id)).toEqual(failed);
    bench.clock.advance(LEASE_SECONDS);
    expect(await begin()).toEqual([]);
  });

  it('one that waits does not hold up the next', async () => {
    const first = await begun();
    await settle(first, { kind: 'failed', error: 'busy', nextAttemptAt: bench.now + 4 * SECOND_MS });
    const second = await aDelivery();
    expect((await begin()).map(({ id }) => id)).toEqual([second.id]);
  });

  it('is as it was when an attempt is given back', async () => {
    const delivery = await begun();
    expect(await settle(delivery, { kind: 'given-back', now: bench.now })).toBe(true);
    expect(await find(delivery.id)).toMatchObject({ status: 'pending', attempts: 0, nextAttemptAt: bench.now });
    expect(await begin()).toHaveLength(1);
  });

  it('begins anew on request, but only what has failed, and of the plugin that is named', async () => {
    const delivery = await begun();
    expect(await retry(delivery.id)).toBeNull();
    await failForGood(delivery);
    expect(await retry(delivery.id, 'mail')).toBeNull();
    const retried = await Promise.all([retry(delivery.id), retry(delivery.id)]);
    expect(retried.filter((one) => one !== null)).toHaveLength(1);
    expect(await find(delivery.id)).toMatchObject({ status: 'pending', attempts: 0, nextAttemptAt: bench.now, error: 'sorry' });
    bench.clock.advance(1);
    const [again] = await begin();
    // The same number as the attempt that failed, and not the same attempt.
    expect([again?.attempts, await failForGood(delivery)]).toEqual([1, false]);
  });

  it('knows which plugins there ever were', async () => {
    await bench.write((tx) => bench.deliveries.announcePlugins(tx, [{ name: 'chat', accepts: 'tasks' }], 0));
    const isKnown = (name: string) => bench.read((session) => bench.deliveries.isKnownPlugin(session, name));
    expect(await Promise.all(['chat', 'Chat', '', 'chat\0', '\0', '😀'].map(isKnown))).toEqual([true, false, false, false, false, false]);
    expect(await find(bench.ids.next().id, '\0')).toBeNull();
  });

  describe('in lists', () => {
    const page = (status: Delivery['status'] | null, limit = 50, offset = 0) => bench.deliveryLists.page('chat', status, { limit, offset });

    it('are those of a plugin, newest first, all or of one status', async () => {
      const first = await begun();
      await failForGood(first);
      const second = await aDelivery();
      await aDelivery({ plugin: 'mail' });
      expect(await page(null)).toMatchObject({ items: [{ id: second.id }, { id: first.id }], total: 2, limit: 50, offset: 0 });
      expect(await page('failed')).toMatchObject({ items: [{ id: first.id, error: 'sorry' }], total: 1 });
      expect(await page(null, 1, 1)).toMatchObject({ items: [{ id: first.id }], total: 2 });
      expect(await page('pending', 0)).toEqual({ items: [], total: 1, limit: 0, offset: 0 });
      expect(await page('delivered')).toEqual({ items: [], total: 0, limit: 50, offset: 0 });
      expect(await page(null, 50, 2)).toEqual({ items: [], total: 2, limit: 50, offset: 2 });
      expect(await find(first.id, 'mail')).toBeNull();
    });

    it('are as exact where a walk has several parts', async () => {
      const many = 12_000;
      const ids = Array.from({ length: many }, () => bench.ids.next());
      const rows = ids.map(({ id, createdAt }): Delivery => ({
        ...{ id, plugin: 'chat', taskId: id, status: 'pending', attempts: 0, createdAt, nextAttemptAt: createdAt },
        ...{ deliveredAt: null, error: null },
      }));
      await bench.write((tx) => bench.deliveries.insert(tx, rows));
      for (const status of ['pending', null] as const) {
        for (const offset of [0, 4999, 5000, 5001, 10_000, many - 1]) {
          const { items, total } = await page(status, 1, offset);
          expect([offset, items[0]?.id, total]).toEqual([offset, ids[many - 1 - offset]?.id, many]);
        }
      }
    });

    it('tell the last error of the youngest that has one, until it is delivered', async () => {
      const lastError = () => bench.deliveryLists.lastError('chat');
      expect(await lastError()).toBeNull();
      const old = await begun();
      await settle(old, { kind: 'failed', error: 'old', nextAttemptAt: null });
      const young = await begun();
      await aDelivery();
      expect(await lastError()).toBe('old');
      await settle(young, { kind: 'failed', error: 'young', nextAttemptAt: bench.now });
      expect(await lastError()).toBe('young');
      const [again] = await bench.write((tx) => bench.deliveries.begin(tx, 'chat', bench.now, bench.now + 1, 1));
      await settle(again as Delivery, { kind: 'succeeded', now: bench.now });
      expect([again?.id, await lastError()]).toEqual([young.id, 'old']);
    });
  });

  it('deletes what was delivered long ago, in batches, and nothing else', async () => {
    const deliver = async (): Promise<string> => {
      const delivery = await begun();
      await settle(delivery, { kind: 'succeeded', now: bench.now });
      bench.clock.advance(1);
      return delivery.id;
    };
    const ids = [await deliver(), await deliver(), await deliver()];
    const failed = await begun();
    await failForGood(failed);
    const deleteTwo = () => bench.write((tx) => bench.deliveries.deleteDeliveredBefore(tx, bench.now - SECOND_MS, 2));
    expect([await deleteTwo(), await deleteTwo()]).toEqual([2, 0]);
    expect(await Promise.all([...ids, failed.id].map(async (id) => (await find(id))?.id))).toEqual([
      undefined,
      undefined,
      ids[2],
      failed.id,
    ]);
  });

  it('keeps finished tasks that a plugin waits for, or may be given again', async () => {
    const [job, worker] = [await bench.aJob(), await bench.aWorker()];
    const ended = async (): Promise<string> => {
      const { id } = await bench.aClaimedTask(job, worker);
      await bench.report(id, 'failed', { error: '"x"' });
      return id;
    };
    const [free, out, pending, failed, delivered] = [await ended(), await ended(), await ended(), await ended(), await ended()];
    await putOut(out);
    await failForGood(await begun({ taskId: failed }));
    await settle(await begun({ taskId: delivered }), { kind: 'succeeded', now: bench.now });
    await aDelivery({ taskId: pending });
    bench.clock.advance(1);
    expect(await bench.write((tx) => bench.tasks.deleteCompletedBefore(tx, bench.now, 100))).toBe(2);
    const left = await Promise.all([free, out, pending, failed, delivered].map(async (id) => (await bench.find(id)) !== null));
    expect(left).toEqual([false, true, true, true, false]);
  });
});
