import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JoblibStats } from '@joblib/nestjs';
import type { TaskView } from '@joblib/contract';

import { expectJson, expectProblem } from './expectations.js';
import { ROTATE, Scene, bodyOf } from './scene.js';
import { NOTHING, sweep, taskOf } from './sweeping.js';

const DAY_SECONDS = 24 * 60 * 60;

/** Expired rows that one transaction deletes. */
const DELETE_BATCH = 200;

describe('retention', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());
  beforeEach(() => scene.empty());

  it('keeps finished tasks for ever by default', async () => {
    await scene.aJob();
    const task = await scene.aTask();
    bodyOf(200, await scene.sue.report(task.id, 'cancelled'));
    scene.server.clock.advance(10 * 365 * DAY_SECONDS);
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
    expect(await taskOf(scene, task)).toMatchObject({ status: 'cancelled' });
  });

  it('forgets idempotency keys after 24 hours, swept or not', async () => {
    const key = { 'idempotency-key': 'once' };
    const stayAlive = (): Promise<unknown> => scene.ann.heartbeat('ann');
    await scene.aJob();
    const first = bodyOf(202, await scene.sue.submit('lab', ROTATE, {}, key));
    scene.server.clock.advance(DAY_SECONDS);
    await stayAlive();
    expectJson(await scene.sue.submit('lab', ROTATE, {}, key), 200, first);
    expect(await sweep(scene)).toEqual(NOTHING);
    scene.server.clock.advance(0.001);
    const second = bodyOf(202, await scene.sue.submit('lab', ROTATE, { other: 'payload' }, key));
    expect(second.id).not.toBe(first.id);
    expect(await sweep(scene)).toEqual(NOTHING);
    scene.server.clock.advance(DAY_SECONDS + 0.001);
    await stayAlive();
    expect(await sweep(scene)).toEqual({ ...NOTHING, expiredKeys: 1 });
    expect((await scene.contents())['joblib_submission_key']).toEqual([]);
  });

  it('forgets any number of idempotency keys, and keeps their tasks', async () => {
    await scene.aJob();
    const count = 2 * DELETE_BATCH + 50;
    await Promise.all(
      Array.from({ length: count }, (_, index) => scene.sue.submit('lab', ROTATE, {}, { 'idempotency-key': `key ${index}` })),
    );
    scene.server.clock.advance(DAY_SECONDS + 0.001);
    await scene.ann.heartbeat('ann');
    expect(await sweep(scene)).toEqual({ ...NOTHING, expiredKeys: count });
    expect(bodyOf(200, await scene.sue.tasks('lab', '?limit=0')).total).toBe(count);
  });
});

describe('retention of finished tasks for 100 seconds', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start({ settings: { taskRetentionSeconds: 100, workerTimeoutSeconds: 1000 } });
  });
  afterAll(() => scene.close());
  beforeEach(() => scene.empty());

  it('deletes what ended longer ago, however it ended, and nothing else', async () => {
    await scene.aJob();
    const [old, recent] = [await scene.aRunningTask(), await scene.aRunningTask()];
    const pending = await scene.aTask();
    await scene.ann.report(old.id, 'completed');
    scene.server.clock.advance(1);
    await scene.ann.report(recent.id, 'failed');
    scene.server.clock.advance(99);
    expect(await sweep(scene)).toMatchObject({ expiredTasks: 0 });
    scene.server.clock.advance(1);
    expect(await sweep(scene)).toMatchObject({ expiredTasks: 1 });
    expectProblem(await scene.sue.task(old.id), 'TaskNotFound');
    expect([(await taskOf(scene, recent)).status, (await taskOf(scene, pending)).status]).toEqual(['failed', 'pending']);
    expect((await scene.sue.tasks('lab')).body.total).toBe(2);
    scene.server.clock.advance(100_000);
    await sweep(scene);
    expect((await scene.sue.tasks('lab')).body.items.map(({ id }) => id)).toEqual([pending.id]);
  });

  it('deletes finished tasks once they are older than the setting, a batch at a time, and no others', async () => {
    await scene.aJob();
    const count = 2 * DELETE_BATCH + 50;
    const { items } = bodyOf(
      202,
      await scene.sue.call<{ items: TaskView[] }>('POST', `/rooms/lab/tasks/${ROTATE}/batch`, {
        payloads: Array.from({ length: count }, () => ({})),
      }),
    );
    const updates = items.map(({ id }) => ({ id, status: 'cancelled' }));
    bodyOf(200, await scene.sue.call('PATCH', '/tasks', { updates }));
    const running = await scene.aRunningTask();
    const pending = await scene.aTask();
    scene.server.clock.advance(50);
    const later = await scene.aTask();
    bodyOf(200, await scene.sue.report(later.id, 'cancelled'));
    scene.server.clock.advance(50);
    expect(await sweep(scene)).toEqual(NOTHING);
    scene.server.clock.advance(0.001);
    const flushes = (): number => scene.server.app.get(JoblibStats).snapshot().flushesTotal;
    const before = flushes();
    expect(await sweep(scene)).toEqual({ ...NOTHING, expiredTasks: count });
    // Three batches, and one transaction each for the lease, stuck tasks, orphan jobs, keys and deliveries.
    expect(flushes() - before).toBe(3 + 5);
    const listed = bodyOf(200, await scene.sue.tasks('lab'));
    expect([listed.total, listed.items.map(({ id }) => id)]).toEqual([3, [later.id, pending.id, running.id]]);
    for (const { id } of items.slice(0, 3)) expectProblem(await scene.sue.task(id), 'TaskNotFound');
  });

  it('lets an idempotency key go with its task', async () => {
    const key = { 'idempotency-key': 'once' };
    await scene.aJob();
    const first = bodyOf(202, await scene.sue.submit('lab', ROTATE, {}, key));
    bodyOf(200, await scene.sue.report(first.id, 'cancelled'));
    scene.server.clock.advance(101);
    expect(await sweep(scene)).toMatchObject({ expiredTasks: 1 });
    const second = bodyOf(202, await scene.sue.submit('lab', ROTATE, { other: 'payload' }, key));
    expect(second.id).not.toBe(first.id);
    expectJson(await scene.sue.submit('lab', ROTATE, { other: 'payload' }, key), 200, second);
  });
});
