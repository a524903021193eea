import { afterEach, describe, expect, it } from '@jest/globals';
import { RecordingPlugin } from '@joblib/plugins/testing';
import type { DeliveryView, Page, PluginView } from '@joblib/contract';
import { JoblibStats, Sweeper } from '@joblib/nestjs';
import { Registry } from 'prom-client';

import { LibraryMetrics } from '../../../src/metrics/library-metrics.js';
import { expectJson, expectProblem } from '../../http/expectations.js';
import { aStoredDelivery } from '../../support/stored-delivery.js';
import { JoblibUser } from '../../support/joblib-user.js';
import type { Answer } from '../../support/joblib-user.js';
import { until } from '../../support/until.js';
import { PluginStage, REPORT } from './plugin-stage.js';
import type { PluginServer } from './plugin-stage.js';

const NAME = '@acme/chat alerts';
const PATH = `/plugins/${encodeURIComponent(NAME)}/deliveries`;
const WEEK_SECONDS = 7 * 24 * 3600;

const stage = new PluginStage();
afterEach(() => stage.clear());

const plugins = (of: PluginServer, query = ''): Promise<Answer<Page<PluginView>>> => of.root.call('GET', `/plugins${query}`);
const deliveries = (of: PluginServer, query = ''): Promise<Answer<Page<DeliveryView>>> => of.root.call('GET', `${PATH}${query}`);
const retry = (of: PluginServer, id: string): Promise<Answer<DeliveryView>> => of.root.call('POST', `${PATH}/${id}/retry`);

/** A delivery that its plugin refused until nobody tried any more. */
async function aFailedDelivery(of: PluginServer, plugin: RecordingPlugin): Promise<DeliveryView> {
  plugin.failNext(new Error('no channel'), 1);
  await of.completed(REPORT);
  await plugin.received(plugin.contexts.length + 1);
  await until('it has failed', async () => (await deliveries(of, '?status=failed')).body.total === 1);
  const [failed] = (await deliveries(of, '?status=failed')).body.items;
  if (failed === undefined) throw new Error('It is gone.');
  return failed;
}

const invalidations = ({ server }: PluginServer): readonly string[] =>
  server.events.events.filter(({ name }) => name === 'plugins_invalidate').map(({ room }) => room);

describe('the list of plugins', () => {
  it('has what they say of themselves, in the order of their registration, and what became of their deliveries', async () => {
    const [chat, all] = [new RecordingPlugin(NAME, 'reports'), new RecordingPlugin('all')];
    const scene = await stage.server([chat, all], { settings: { deliveryMaxAttempts: 1 } });
    const described = { version: '1.0.0', author: 'joblib', description: 'Keeps what it is given.', capabilities: [], source: 'instance' };
    const none = { pending: 0, delivered: 0, failed: 0 };
    const empty = { deliveries: none, last_error: null };
    expectJson(await plugins(scene), 200, {
      items: [
        { name: NAME, ...described, ...empty },
        { name: 'all', ...described, ...empty },
      ],
      ...{ total: 2, limit: 50, offset: 0 },
    });
    await aFailedDelivery(scene, chat);
    await scene.completed(REPORT);
    await scene.deliveries.deliverDue();
    expect((await plugins(scene)).body.items).toMatchObject([
      { deliveries: { ...none, delivered: 1, failed: 1 }, last_error: 'Error: no channel' },
      { deliveries: { ...none, delivered: 2 }, last_error: null },
    ]);
  });

  it('comes in pages, and is empty where there is no manager', async () => {
    const scene = await stage.server(['a', 'b', 'c'].map((name) => new RecordingPlugin(name, 'reports')));
    const { items, ...rest } = (await plugins(scene, '?limit=1&offset=1')).body;
    expect([items.map(({ name }) => name), rest]).toEqual([['b'], { total: 3, limit: 1, offset: 1 }]);
    expectJson(await plugins(scene, '?limit=0'), 200, { items: [], total: 3, limit: 0, offset: 0 });
    expectJson(await plugins(await stage.server(null)), 200, { items: [], total: 0, limit: 50, offset: 0 });
  });
});

describe('the list of deliveries', () => {
  it('has each with all that is known of it, newest first, all or of one status', async () => {
    const chat = new RecordingPlugin(NAME);
    const scene = await stage.server([chat]);
    const delivered = await scene.completed();
    await chat.received(1);
    await scene.deliveries.deliverDue();
    scene.server.clock.advance(1);
    chat.failNext(new Error('busy'));
    const waiting = await scene.completed();
    await chat.received(2);
    await scene.deliveries.deliverDue();
    const now = scene.server.clock.now();
    const at = (ms: number): string => new Date(ms).toISOString();
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const expected = [
      {
        ...{ id, plugin: NAME, task_id: waiting, status: 'pending', attempts: 1, created_at: at(now) },
        ...{ next_attempt_at: at(now + 1000), delivered_at: null, error: 'Error: busy' },
      },
      {
        ...{ id, plugin: NAME, task_id: delivered, status: 'delivered', attempts: 1, created_at: at(now - 1000) },
        ...{ next_attempt_at: null, delivered_at: at(now - 1000), error: null },
      },
    ];
    expectJson(await deliveries(scene), 200, { items: expected, total: 2, limit: 50, offset: 0 });
    expectJson(await deliveries(scene, '?status=delivered'), 200, { items: expected.slice(1), total: 1, limit: 50, offset: 0 });
    expectJson(await deliveries(scene, '?limit=1&offset=1'), 200, { items: expected.slice(1), total: 2, limit: 1, offset: 1 });
    expectJson(await deliveries(scene, '?status=failed'), 200, { items: [], total: 0, limit: 50, offset: 0 });
  });

  it('is there for a plugin that only another server has, and for one that was never given anything', async () => {
    const scene = await stage.server(null);
    const { id } = await aStoredDelivery(scene.server, { plugin: NAME });
    expect((await deliveries(scene)).body).toMatchObject({ items: [{ id, status: 'failed' }], total: 1 });
    const other = await stage.server([new RecordingPlugin(NAME)]);
    expect((await deliveries(other)).body.total).toBe(0);
  });

  it.each(['none', '%00', '%F0%9F%98%80', `${encodeURIComponent(NAME)}x`])('is refused for %s, which no server ever had', async (name) => {
    const scene = await stage.server([new RecordingPlugin(NAME)]);
    expectProblem(await scene.root.call('GET', `/plugins/${name}/deliveries`), 'PluginNotFound');
  });

  it('knows a plugin that came after the start at once', async () => {
    const scene = await stage.server([]);
    expectProblem(await deliveries(scene), 'PluginNotFound');
    await scene.manager.registerPlugin(new RecordingPlugin(NAME));
    expect((await deliveries(scene)).status).toBe(200);
  });
});

describe('a retry', () => {
  it('begins anew what has failed for good, at once; rooms are told of the failure and of the retry', async () => {
    const chat = new RecordingPlugin(NAME, 'reports');
    const scene = await stage.server([chat], { settings: { deliveryMaxAttempts: 1 } });
    const failed = await aFailedDelivery(scene, chat);
    expect(failed).toMatchObject({ status: 'failed', attempts: 1, next_attempt_at: null, error: 'Error: no channel' });
    expect(invalidations(scene)).toEqual(['room:*']);
    scene.server.clock.advance(1);
    const now = new Date(scene.server.clock.now()).toISOString();
    expectJson(await retry(scene, failed.id), 202, { ...failed, status: 'pending', attempts: 0, next_attempt_at: now });
    expect(invalidations(scene)).toEqual(['room:*', 'room:*']);
    await chat.received(2);
    await scene.deliveries.deliverDue();
    expect((await deliveries(scene)).body.items).toMatchObject([{ id: failed.id, status: 'delivered', attempts: 1, error: null }]);
    expect(invalidations(scene)).toHaveLength(2);
  });

  it('asked for by two at once happens once', async () => {
    const scene = await stage.server(null);
    const { id } = await aStoredDelivery(scene.server, { plugin: NAME });
    const answers = await Promise.all([retry(scene, id), retry(scene, id), retry(scene, id.toUpperCase())]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    expect(invalidations(scene)).toEqual(['room:*']);
  });

  it('is for superusers, of a delivery of that plugin, that has failed; anything else changes nothing', async () => {
    const scene = await stage.server(null);
    const failed = await aStoredDelivery(scene.server, { plugin: NAME });
    const pending = await aStoredDelivery(scene.server, { plugin: NAME, status: 'pending' });
    const delivered = await aStoredDelivery(scene.server, { plugin: NAME, status: 'delivered' });
    const before = await scene.stored(NAME);
    const eve = new JoblibUser(scene.server.origin, 'eve');
    expectProblem(await eve.call('POST', `${PATH}/${failed.id}/retry`), 'Forbidden');
    expectProblem(await scene.root.call('POST', `/plugins/other/deliveries/${failed.id}/retry`), 'DeliveryNotFound');
    expectProblem(await scene.root.call('POST', `/plugins/%00/deliveries/${failed.id}/retry`), 'DeliveryNotFound');
    expectProblem(await retry(scene, 'none'), 'DeliveryNotFound');
    for (const { id } of [pending, delivered]) expectProblem(await retry(scene, id), 'DeliveryNotFailed');
    expect(await scene.stored(NAME)).toEqual(before);
    expect(invalidations(scene)).toEqual([]);
  });
});

describe('DELIVERY_RETENTION_SECONDS', () => {
  const sweep = ({ server }: PluginServer) => server.app.get(Sweeper).sweepOnce();

  it('is a week, and counts for what was delivered only', async () => {
    const scene = await stage.server(null, { settings: { workerTimeoutSeconds: 2_000_000 } });
    const { clock } = scene.server;
    const failed = await aStoredDelivery(scene.server, { plugin: NAME });
    const pending = await aStoredDelivery(scene.server, { plugin: NAME, status: 'pending' });
    for (let count = 0; count < 201; count += 1) {
      await aStoredDelivery(scene.server, { plugin: NAME, status: 'delivered' });
    }
    clock.advance(WEEK_SECONDS);
    expect(await sweep(scene)).toMatchObject({ expiredDeliveries: 0 });
    clock.advance(0.001);
    expect(await sweep(scene)).toMatchObject({ expiredDeliveries: 201 });
    expect((await scene.stored(NAME)).map(({ id }) => id)).toEqual([pending.id, failed.id]);
  });

  it('keeps everything for ever when it is 0', async () => {
    const scene = await stage.server(null, { settings: { deliveryRetentionSeconds: 0, workerTimeoutSeconds: 1e9 } });
    await aStoredDelivery(scene.server, { plugin: NAME, status: 'delivered' });
    scene.server.clock.advance(1e8);
    expect(await sweep(scene)).toMatchObject({ expiredDeliveries: 0 });
    expect(await scene.stored(NAME)).toHaveLength(1);
  });
});

describe('metrics', () => {
  it('count attempts by plugin and outcome, and how long they took', async () => {
    const chat = new RecordingPlugin('chat');
    const scene = await stage.server([chat], { settings: { deliveryMaxAttempts: 2 } });
    const registry = new Registry();
    expect(new LibraryMetrics(scene.server.app.get(JoblibStats), registry)).toBeInstanceOf(LibraryMetrics);
    chat.failNext(new Error('busy'), 2);
    await scene.completed();
    await chat.received(1);
    await scene.deliveries.deliverDue();
    scene.server.clock.advance(1);
    await scene.deliveries.deliverDue();
    await scene.completed();
    await chat.received(3);
    await scene.deliveries.deliverDue();
    const text = await registry.metrics();
    const outcomes = [...text.matchAll(/^joblib_deliveries_total\{plugin="chat",outcome="(\S+)"\} (\d+)$/gm)].map(([, ...found]) => found);
    expect(Object.fromEntries(outcomes)).toEqual({ retrying: '1', failed: '1', delivered: '1' });
    expect(text).toMatch(/^joblib_delivery_duration_seconds_count\{plugin="chat"\} 3$/m);
    expect(text).toMatch(/^joblib_delivery_duration_seconds_bucket\{le="60",plugin="chat"\} 3$/m);
  });
});
