import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { PluginManager } from '@joblib/plugins';
import type { PluginExecutionContext, PostProcessor } from '@joblib/plugins';
import { RecordingLogger, RecordingPlugin } from '@joblib/plugins/testing';
import { FakeClock } from '@joblib/nestjs/testing';

import { DeliveryStore, UnitOfWork } from '../../../libs/nestjs/src/persistence/index.js';
import { PluginDeliveries } from '../../../libs/nestjs/src/plugins/index.js';
import { startJoblib } from '../../support/joblib-app.js';
import type { JoblibApp, JoblibAppOptions } from '../../support/joblib-app.js';
import { JoblibUser } from '../../support/joblib-user.js';
import { lastingDatabase } from '../../support/test-database.js';
import { until } from '../../support/until.js';

const JOB = '@global:modifiers:Verify';
const REPORT = {
  suite: 'Daily',
  key: { yyyy_mm_dd: '2026-01-01' },
  results: [{ check: 'Price', assertion: 'positive', severity: 'P0', status: 'FAILURE', metric: { value: -1 } }],
  symbols: [],
};
const MALFORMED = { results: [{ check: 'Price' }], symbols: [] };

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  jest.restoreAllMocks();
});

interface Scene {
  readonly server: JoblibApp;
  readonly root: JoblibUser;
  readonly deliveries: PluginDeliveries;
}

async function aServer(plugins: readonly PostProcessor[] | null, options: JoblibAppOptions = {}): Promise<Scene> {
  const manager = new PluginManager({ logger: new RecordingLogger(), discover: false });
  manager.clearPlugins();
  for (const plugin of plugins ?? []) await manager.registerPlugin(plugin);
  const server = await startJoblib({ ...options, ...(plugins && { plugins: manager }) });
  closers.push(
    () => manager.close(),
    () => server.close(),
  );
  return { server, root: new JoblibUser(server.origin, 'root'), deliveries: server.app.get(PluginDeliveries) };
}

/** A task that runs. */
async function aTask({ root }: Scene): Promise<{ id: string; workerId: string }> {
  const { body: job } = await root.register(JOB);
  const { body: submitted } = await root.submit('lab', JOB, { path: 'x' });
  await root.claim(job.worker_id);
  expect((await root.report(submitted.id, 'running')).status).toBe(200);
  return { id: submitted.id, workerId: job.worker_id };
}

/** The id of a task that ended with that result. */
async function completed(scene: Scene, result?: unknown): Promise<string> {
  const { id } = await aTask(scene);
  expect((await scene.root.report(id, 'completed', result === undefined ? {} : { result })).status).toBe(200);
  return id;
}

/** Comes to no end before its server stops. */
function endless(name: string): RecordingPlugin {
  const plugin = new RecordingPlugin(name);
  plugin.process = (context) => {
    plugin.contexts.push(context);
    return new Promise((_resolve, reject) =>
      context.signal.addEventListener('abort', () => reject(context.signal.reason as Error)),
    ) as never;
  };
  return plugin;
}

const idsOf = (contexts: readonly PluginExecutionContext[]): string[] => contexts.map(({ executionId }) => executionId);

async function rowsOf({ server }: Scene, table: string): Promise<number> {
  const [row] = await server.dataSource.query<{ total: number | string }[]>(`SELECT count(*) AS total FROM ${table}`);
  return Number(row?.total);
}

/** The deliveries to a plugin as they are stored. */
function stored({ server }: Scene, plugin: string): Promise<readonly object[]> {
  const page = { limit: 50, offset: 0 };
  return server.app.get(UnitOfWork).read(async (session) => (await server.app.get(DeliveryStore).page(session, plugin, null, page)).items);
}

describe('a task that ends', () => {
  it('reaches the plugins that accept tasks, with all that is known of it, and by itself', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await aServer([plugin]);
    const id = await completed(scene, { atoms: [1, 2] });
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
    await until('the delivery is settled', async () => JSON.stringify(await stored(scene, 'all')).includes('"delivered"'));
    expect([await rowsOf(scene, 'joblib_outbox'), await rowsOf(scene, 'joblib_delivery')]).toEqual([0, 1]);
  });

  it('reaches those that accept reports only when it is one', async () => {
    const warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const [reports, all] = [new RecordingPlugin('reports', 'reports'), new RecordingPlugin('all')];
    const scene = await aServer([reports, all]);
    const plain = await completed(scene);
    const malformed = await completed(scene, MALFORMED);
    const report = await completed(scene, REPORT);
    await all.received(3);
    const [context] = await reports.received(1);
    await scene.deliveries.deliverDue();
    expect(idsOf(all.contexts).sort()).toEqual([plain, malformed, report].sort());
    expect(idsOf(reports.contexts)).toEqual([report]);
    expect([context?.suiteName, context?.failedAssertions(), context?.key.yyyy_mm_dd]).toEqual(['Daily', 1, '2026-01-01']);
    warnings.mockRestore();
  });

  it('failed, cancelled or with its worker, is no different', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await aServer([plugin]);
    const failed = await aTask(scene);
    await scene.root.report(failed.id, 'failed', { error: 'sorry' });
    const cancelled = await scene.root.submit('lab', JOB);
    await scene.root.report(cancelled.body.id, 'cancelled');
    const left = await aTask(scene);
    await scene.root.removeWorker(left.workerId);
    const contexts = await plugin.received(3);
    const ends = new Map(contexts.map(({ task }) => [task?.id, [task?.status, task?.error]]));
    expect(ends.get(failed.id)).toEqual(['failed', 'sorry']);
    expect(ends.get(cancelled.body.id)).toEqual(['cancelled', null]);
    expect(ends.get(left.id)).toEqual(['failed', 'Worker disconnected']);
  });

  it('is written down for nobody when no server has a plugin, or none that accepts it', async () => {
    const bare = await aServer(null);
    await completed(bare, REPORT);
    expect(await rowsOf(bare, 'joblib_outbox')).toBe(0);
    const reportsOnly = await aServer([new RecordingPlugin('reports', 'reports')]);
    await completed(reportsOnly, { plain: true });
    expect([await rowsOf(reportsOnly, 'joblib_outbox'), await rowsOf(reportsOnly, 'joblib_delivery')]).toEqual([0, 0]);
  });

  it('is answered while a plugin never comes to an end, and others get theirs', async () => {
    const stuck = endless('stuck');
    const beside = new RecordingPlugin('beside');
    const scene = await aServer([stuck, beside]);
    const ids = [await completed(scene), await completed(scene), await completed(scene)];
    expect(idsOf(await beside.received(3)).sort()).toEqual(ids.toSorted());
  });

  it('may have a result of 10 MB', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await aServer([plugin], { settings: { maxBodyBytes: 16 * 1024 * 1024 } });
    await completed(scene, { text: 'x'.repeat(10_000_000) });
    const [context] = await plugin.received(1);
    expect(JSON.stringify(context?.task?.result)).toHaveLength('{"text":""}'.length + 10_000_000);
  });
});

describe('a delivery that fails', () => {
  it('is tried again after a pause that doubles; those behind it do not wait', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await aServer([plugin]);
    plugin.failNext(new Error('busy'), 2);
    const first = await completed(scene);
    await plugin.received(1);
    await scene.deliveries.deliverDue();
    expect(await stored(scene, 'all')).toMatchObject([{ status: 'pending', attempts: 1, error: 'Error: busy' }]);
    plugin.failNext(new Error('busy'), 0);
    const second = await completed(scene);
    await plugin.received(2);
    await scene.deliveries.deliverDue();
    expect(idsOf(plugin.contexts)).toEqual([first, second]);
    plugin.failNext(new Error('busy again'), 1);
    scene.server.clock.advance(1);
    await scene.deliveries.deliverDue();
    expect((await stored(scene, 'all')).at(-1)).toMatchObject({ attempts: 2, error: 'Error: busy again' });
    scene.server.clock.advance(1);
    await scene.deliveries.deliverDue();
    expect(plugin.contexts).toHaveLength(3);
    scene.server.clock.advance(1);
    await scene.deliveries.deliverDue();
    expect(idsOf(plugin.contexts)).toEqual([first, second, first, first]);
    expect((await stored(scene, 'all')).at(-1)).toMatchObject({ status: 'delivered', attempts: 3, error: null });
  });

  it('has failed for good after ten attempts', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await aServer([plugin]);
    plugin.failNext(new Error('never'), 100);
    await completed(scene);
    await plugin.received(1);
    for (let attempt = 2; attempt <= 12; attempt += 1) {
      await scene.deliveries.deliverDue();
      scene.server.clock.advance(300);
    }
    expect(plugin.contexts).toHaveLength(10);
    expect(await stored(scene, 'all')).toMatchObject([{ status: 'failed', attempts: 10, error: 'Error: never', nextAttemptAt: null }]);
  });

  it('has failed for good when its task is gone', async () => {
    const plugin = new RecordingPlugin('all');
    const scene = await aServer([plugin]);
    plugin.failNext();
    await completed(scene);
    await plugin.received(1);
    await scene.deliveries.deliverDue();
    await scene.server.dataSource.query('DELETE FROM joblib_task');
    scene.server.clock.advance(1);
    await scene.deliveries.deliverDue();
    expect(await stored(scene, 'all')).toMatchObject([{ status: 'failed', error: 'The task is gone.' }]);
    expect(plugin.contexts).toHaveLength(1);
  });
});

describe('a server that ends', () => {
  async function aDatabase(): Promise<JoblibAppOptions> {
    const database = await lastingDatabase();
    closers.push(() => database.remove());
    return { database, clock: new FakeClock() };
  }

  it('gives back what it is at; the next one delivers it', async () => {
    const options = await aDatabase();
    const waiting = endless('all');
    const first = await aServer([waiting], options);
    const id = await completed(first);
    await until('the plugin is called', () => waiting.contexts.length === 1);
    await first.server.close();
    const plugin = new RecordingPlugin('all');
    await aServer([plugin], options);
    expect(idsOf(await plugin.received(1))).toEqual([id]);
  });

  it('in the middle of an attempt leaves it to the next one, when its time is over', async () => {
    const options = await aDatabase();
    const failing = new RecordingPlugin('all');
    const first = await aServer([failing], options);
    failing.failNext();
    const id = await completed(first);
    await failing.received(1);
    await first.deliveries.deliverDue();
    first.server.clock.advance(1);
    // As a server does that is killed before it settles what it began.
    const { app, clock } = first.server;
    const begin = app.get(UnitOfWork).run((tx) => app.get(DeliveryStore).begin(tx, 'all', clock.now(), clock.now() + 150_000, 1));
    expect(await begin).toHaveLength(1);
    await first.server.close();
    const plugin = new RecordingPlugin('all');
    const second = await aServer([plugin], options);
    await second.deliveries.deliverDue();
    expect(plugin.contexts).toEqual([]);
    second.server.clock.advance(150);
    await second.deliveries.deliverDue();
    expect(idsOf(plugin.contexts)).toEqual([id]);
  });

  it('takes no plugin with it: tasks that end where nobody has it wait until somebody does', async () => {
    const options = await aDatabase();
    await (await aServer([new RecordingPlugin('all')], options)).server.close();
    const bare = await aServer(null, options);
    const id = await completed(bare, REPORT);
    expect([await rowsOf(bare, 'joblib_outbox'), await rowsOf(bare, 'joblib_delivery')]).toEqual([1, 0]);
    await bare.server.close();
    const plugin = new RecordingPlugin('all');
    await aServer([plugin], options);
    expect(idsOf(await plugin.received(1))).toEqual([id]);
  });

  it('and never comes back is waited for a week', async () => {
    const options = await aDatabase();
    await (await aServer([new RecordingPlugin('all')], options)).server.close();
    options.clock?.advance(7 * 24 * 3600 + 1);
    const bare = await aServer(null, options);
    await completed(bare, REPORT);
    expect(await rowsOf(bare, 'joblib_outbox')).toBe(0);
  });
});

describe('a plugin', () => {
  it('that is unregistered while a delivery waits keeps it, until it is there again', async () => {
    const manager = new PluginManager({ logger: new RecordingLogger(), discover: false });
    const plugin = new RecordingPlugin('all');
    await manager.registerPlugin(plugin);
    const server = await startJoblib({ plugins: manager });
    closers.push(
      () => manager.close(),
      () => server.close(),
    );
    const scene = { server, root: new JoblibUser(server.origin, 'root'), deliveries: server.app.get(PluginDeliveries) };
    manager.unregisterPlugin('all');
    const id = await completed(scene);
    await scene.deliveries.deliverDue();
    expect(await stored(scene, 'all')).toMatchObject([{ status: 'pending', attempts: 0 }]);
    await manager.registerPlugin(plugin);
    await scene.deliveries.deliverDue();
    expect(idsOf(plugin.contexts)).toEqual([id]);
  });
});
