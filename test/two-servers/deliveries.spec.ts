import { afterEach, describe, expect, it } from '@jest/globals';
import { RecordingPlugin } from '@joblib/plugins/testing';
import { LocalWakeUps, WAKE_UPS } from '@joblib/nestjs';
import type { DeliveryView, Page } from '@joblib/contract';

import { PluginStage, REPORT, idsOf } from '../plugins/server/plugin-stage.js';
import type { PluginServer } from '../plugins/server/plugin-stage.js';
import type { JoblibAppOptions } from '../support/joblib-app.js';
import { until } from '../support/until.js';

const stage = new PluginStage();
afterEach(() => stage.clear());

/** What two servers have in common: a database, a clock, and who wakes them. */
async function common(): Promise<JoblibAppOptions> {
  return { ...(await stage.database()), overrides: [{ provide: WAKE_UPS, useValue: new LocalWakeUps() }] };
}

const deliveriesOf = async ({ root }: PluginServer, status: string): Promise<readonly DeliveryView[]> =>
  (await root.call<Page<DeliveryView>>('GET', `/plugins/all/deliveries?status=${status}`)).body.items;

describe('a task that ends on a server without the plugin', () => {
  it('is delivered by the one that has it, when that was there first', async () => {
    const shared = await common();
    const plugin = new RecordingPlugin('all');
    await stage.server([plugin], shared);
    const bare = await stage.server(null, shared);
    const ids = [await bare.completed(), await bare.completed(REPORT)];
    expect(idsOf(await plugin.received(2)).sort()).toEqual(ids.toSorted());
  });

  it('is delivered by one that comes later, once the other has heard of it', async () => {
    const shared = await common();
    const bare = await stage.server(null, shared);
    await bare.completed();
    const plugin = new RecordingPlugin('all');
    await stage.server([plugin], shared);
    let heard = '';
    await until('the server without the plugin hears of it', async () => {
      heard = await bare.completed();
      return (await bare.rows('joblib_outbox')) + (await bare.rows('joblib_delivery')) > 0;
    });
    await plugin.received(1);
    expect(idsOf(plugin.contexts)).toContain(heard);
  });

  it('is looked at, and retried, there as well', async () => {
    const shared = { ...(await common()), settings: { deliveryMaxAttempts: 1 } };
    const plugin = new RecordingPlugin('all');
    await stage.server([plugin], shared);
    const bare = await stage.server(null, shared);
    plugin.failNext(new Error('no channel'));
    const id = await bare.completed();
    await until('it has failed', async () => (await deliveriesOf(bare, 'failed')).length === 1);
    const [failed] = await deliveriesOf(bare, 'failed');
    expect(failed).toMatchObject({ task_id: id, error: 'Error: no channel' });
    expect((await bare.root.call('POST', `/plugins/all/deliveries/${failed?.id}/retry`)).status).toBe(202);
    expect(idsOf(await plugin.received(2))).toEqual([id, id]);
    await until('it is delivered', async () => (await deliveriesOf(bare, 'delivered')).length === 1);
  });
});

describe('two servers with the same plugin', () => {
  it('deliver each task once, whichever of them', async () => {
    const shared = await common();
    const plugins = [new RecordingPlugin('all'), new RecordingPlugin('all')] as const;
    const servers = await Promise.all(plugins.map((plugin) => stage.server([plugin], shared)));
    const ids: string[] = [];
    for (let count = 0; count < 10; count += 1) for (const server of servers) ids.push(await server.completed());
    const given = (): string[] => plugins.flatMap(({ contexts }) => idsOf(contexts));
    await until('all are delivered', () => given().length >= ids.length);
    for (const { deliveries } of servers) await deliveries.deliverDue();
    expect(given().sort()).toEqual(ids.toSorted());
  });
});
