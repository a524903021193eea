import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { RecordingPlugin } from '@joblib/plugins/testing';

import { DeliveryStore, UnitOfWork } from '../../../libs/nestjs/src/persistence/index.js';
import { until } from '../../support/until.js';
import { JOB, PluginStage, REPORT, endless, idsOf } from './plugin-stage.js';

const MALFORMED = { results: [{ check: 'Price' }], symbols: [] };

const stage = new PluginStage();
afterEach(async () => {
  await stage.clear();
  jest.restoreAllMocks();
});

describe('a task that ends', () => {
  it('reaches the plugins that accept tasks, with all that is known of it, and by itself', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await stage.server([plugin]);
    const id = await scene.completed({ atoms: [1, 2] });
    const [context] = await plugin.received(1);
    expect(context).toMatchObject({ executionId: id, suiteName: JOB, results: [], symbols: [], datasources: [] });
    expect(context?.task).toMatchObject({
      id,
      job: JOB,
      room: 'lab',
      status: 'completed',
      result: { atoms: [1, 2] },
      payload: { path: 'x' },
    });
    await until('the delivery is settled', async () => JSON.stringify(await scene.stored('all')).includes('"delivered"'));
    expect([await scene.rows('joblib_outbox'), await scene.rows('joblib_delivery')]).toEqual([0, 1]);
  });

  it('reaches those that accept reports only when it is one', async () => {
    const warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const [reports, all] = [new RecordingPlugin('reports', 'reports'), new RecordingPlugin('all')];
    const scene = await stage.server([reports, all]);
    const plain = await scene.completed();
    const malformed = await scene.completed(MALFORMED);
    const report = await scene.completed(REPORT);
    await all.received(3);
    const [context] = await reports.received(1);
    await scene.deliveries.deliverDue();
    expect(idsOf(all.contexts).sort()).toEqual([plain, malformed, report].sort());
    expect(idsOf(reports.contexts)).toEqual([report]);
    expect([context?.suiteName, context?.failedAssertions(), context?.key.yyyy_mm_dd]).toEqual(['Daily', 1, '2026-01-01']);
    expect(warnings.mock.calls).toEqual([[expect.stringMatching(new RegExp(`${malformed}.*is none: .*results`))]]);
  });

  it('failed, cancelled or with its worker, is no different', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await stage.server([plugin]);
    const failed = await scene.aTask();
    await scene.root.report(failed.id, 'failed', { error: 'sorry' });
    const cancelled = await scene.root.submit('lab', JOB);
    await scene.root.report(cancelled.body.id, 'cancelled');
    const left = await scene.aTask();
    await scene.root.removeWorker(left.workerId);
    const contexts = await plugin.received(3);
    const ends = new Map(contexts.map(({ task }) => [task?.id, [task?.status, task?.error]]));
    expect(ends.get(failed.id)).toEqual(['failed', 'sorry']);
    expect(ends.get(cancelled.body.id)).toEqual(['cancelled', null]);
    expect(ends.get(left.id)).toEqual(['failed', 'Worker disconnected']);
  });

  it('is written down for nobody when no server has a plugin, or none that accepts it', async () => {
    const bare = await stage.server(null);
    await bare.completed(REPORT);
    expect(await bare.rows('joblib_outbox')).toBe(0);
    const reportsOnly = await stage.server([new RecordingPlugin('reports', 'reports')]);
    await reportsOnly.completed({ plain: true });
    expect([await reportsOnly.rows('joblib_outbox'), await reportsOnly.rows('joblib_delivery')]).toEqual([0, 0]);
  });

  it('is answered while a plugin never comes to an end, and others get theirs', async () => {
    const stuck = endless('stuck');
    const beside = new RecordingPlugin('beside');
    const scene = await stage.server([stuck, beside]);
    const ids = [await scene.completed(), await scene.completed(), await scene.completed()];
    expect(idsOf(await beside.received(3)).sort()).toEqual(ids.toSorted());
  });

  it('may have a result of 10 MB', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await stage.server([plugin], { settings: { maxBodyBytes: 16 * 1024 * 1024 } });
    await scene.completed({ text: 'x'.repeat(10_000_000) });
    const [context] = await plugin.received(1);
    expect(JSON.stringify(context?.task?.result)).toHaveLength('{"text":""}'.length + 10_000_000);
  });
});

describe('a delivery that fails', () => {
  it('is tried again after a pause that doubles; those behind it do not wait', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await stage.server([plugin]);
    plugin.failNext(new Error('busy'), 2);
    const first = await scene.completed();
    await plugin.received(1);
    await scene.deliveries.deliverDue();
    expect(await scene.stored('all')).toMatchObject([{ status: 'pending', attempts: 1, error: 'Error: busy' }]);
    plugin.failNext(new Error('busy'), 0);
    const second = await scene.completed();
    await plugin.received(2);
    await scene.deliveries.deliverDue();
    expect(idsOf(plugin.contexts)).toEqual([first, second]);
    plugin.failNext(new Error('busy again'), 1);
    scene.server.clock.advance(1);
    await scene.deliveries.deliverDue();
    expect((await scene.stored('all')).at(-1)).toMatchObject({ attempts: 2, error: 'Error: busy again' });
    scene.server.clock.advance(1);
    await scene.deliveries.deliverDue();
    expect(plugin.contexts).toHaveLength(3);
    scene.server.clock.advance(1);
    await scene.deliveries.deliverDue();
    expect(idsOf(plugin.contexts)).toEqual([first, second, first, first]);
    expect((await scene.stored('all')).at(-1)).toMatchObject({ status: 'delivered', attempts: 3, error: null });
  });

  it('has failed for good after ten attempts', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await stage.server([plugin]);
    plugin.failNext(new Error('never'), 100);
    await scene.completed();
    await plugin.received(1);
    for (let attempt = 2; attempt <= 12; attempt += 1) {
      await scene.deliveries.deliverDue();
      scene.server.clock.advance(300);
    }
    expect(plugin.contexts).toHaveLength(10);
    expect(await scene.stored('all')).toMatchObject([{ status: 'failed', attempts: 10, error: 'Error: never', nextAttemptAt: null }]);
  });

  it('keeps what was thrown, whatever it is, in a form that every database takes', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await stage.server([plugin]);
    plugin.failNext('a\0b'.repeat(1_000_000));
    await scene.completed();
    await plugin.received(1);
    await scene.deliveries.deliverDue();
    expect(await scene.stored('all')).toMatchObject([{ attempts: 1, error: expect.stringMatching(/^a\uFFFDb.{1,2000} …$/u) }]);
  });

  it('waits and gives up as the settings say', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await stage.server([plugin], { settings: { deliveryMaxAttempts: 2, deliveryBackoffMaxSeconds: 0.5 } });
    plugin.failNext(new Error('busy'), 9);
    await scene.completed();
    await plugin.received(1);
    await scene.deliveries.deliverDue();
    scene.server.clock.advance(0.499);
    await scene.deliveries.deliverDue();
    expect(plugin.contexts).toHaveLength(1);
    scene.server.clock.advance(0.001);
    await scene.deliveries.deliverDue();
    expect(await scene.stored('all')).toMatchObject([{ status: 'failed', attempts: 2 }]);
  });

  it('has failed for good when its task is gone', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await stage.server([plugin]);
    plugin.failNext();
    await scene.completed();
    await plugin.received(1);
    await scene.deliveries.deliverDue();
    await scene.server.dataSource.query('DELETE FROM joblib_task');
    scene.server.clock.advance(1);
    await scene.deliveries.deliverDue();
    expect(await scene.stored('all')).toMatchObject([{ status: 'failed', error: 'The task is gone.' }]);
    expect(plugin.contexts).toHaveLength(1);
  });
});

describe('a server that ends', () => {
  it('gives back what it is at; the next one delivers it', async () => {
    const options = await stage.database();
    const waiting = endless('all');
    const first = await stage.server([waiting], options);
    const id = await first.completed();
    await until('the plugin is called', () => waiting.contexts.length === 1);
    await first.server.close();
    const plugin = new RecordingPlugin('all');
    await stage.server([plugin], options);
    expect(idsOf(await plugin.received(1))).toEqual([id]);
  });

  it('in the middle of an attempt leaves it to the next one, when its time is over', async () => {
    const options = await stage.database();
    const failing = new RecordingPlugin('all');
    const first = await stage.server([failing], options);
    failing.failNext();
    const id = await first.completed();
    await failing.received(1);
    await first.deliveries.deliverDue();
    first.server.clock.advance(1);
    // As a server does that is killed before it settles what it began.
    const { app, clock } = first.server;
    const begin = app.get(UnitOfWork).run((tx) => app.get(DeliveryStore).begin(tx, 'all', clock.now(), clock.now() + 150_000, 1));
    expect(await begin).toHaveLength(1);
    await first.server.close();
    const plugin = new RecordingPlugin('all');
    const second = await stage.server([plugin], options);
    await second.deliveries.deliverDue();
    expect(plugin.contexts).toEqual([]);
    second.server.clock.advance(150);
    await second.deliveries.deliverDue();
    expect(idsOf(plugin.contexts)).toEqual([id]);
  });

  it('takes no plugin with it: tasks that end where nobody has it wait until somebody does', async () => {
    const options = await stage.database();
    await (await stage.server([new RecordingPlugin('all')], options)).server.close();
    const bare = await stage.server(null, options);
    const id = await bare.completed(REPORT);
    expect([await bare.rows('joblib_outbox'), await bare.rows('joblib_delivery')]).toEqual([1, 0]);
    await bare.server.close();
    const plugin = new RecordingPlugin('all');
    await stage.server([plugin], options);
    expect(idsOf(await plugin.received(1))).toEqual([id]);
  });

  it('and never comes back is waited for a week', async () => {
    const options = await stage.database();
    await (await stage.server([new RecordingPlugin('all')], options)).server.close();
    options.clock.advance(7 * 24 * 3600 + 1);
    const bare = await stage.server(null, options);
    await bare.completed(REPORT);
    expect(await bare.rows('joblib_outbox')).toBe(0);
  });
});

describe('a plugin', () => {
  it('that is unregistered while a delivery waits keeps it, until it is there again', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await stage.server([plugin]);
    const { manager } = scene;
    manager.unregisterPlugin('all');
    const id = await scene.completed();
    await scene.deliveries.deliverDue();
    expect(await scene.stored('all')).toMatchObject([{ status: 'pending', attempts: 0 }]);
    await manager.registerPlugin(plugin);
    await scene.deliveries.deliverDue();
    expect(idsOf(plugin.contexts)).toEqual([id]);
  });
});
