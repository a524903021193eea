import { expect } from '@jest/globals';
import { PluginManager } from '@joblib/plugins';
import type { PluginExecutionContext, PostProcessor } from '@joblib/plugins';
import { RecordingLogger, RecordingPlugin } from '@joblib/plugins/testing';
import { FakeClock } from '@joblib/nestjs/testing';

import type { Delivery } from '../../../libs/nestjs/src/domain/delivery.js';
import { DeliveryListStore } from '../../../libs/nestjs/src/persistence/index.js';
import { PluginDeliveries } from '../../../libs/nestjs/src/plugins/index.js';
import { startJoblib } from '../../support/joblib-app.js';
import type { JoblibApp, JoblibAppOptions } from '../../support/joblib-app.js';
import { JoblibUser } from '../../support/joblib-user.js';
import { lastingDatabase } from '../../support/test-database.js';

export const JOB = '@global:modifiers:Verify';
export const REPORT = {
  suite: 'Daily',
  key: { yyyy_mm_dd: '2026-01-01' },
  results: [{ check: 'Price', assertion: 'positive', severity: 'P0', status: 'FAILURE', metric: { value: -1 } }],
  symbols: [],
};

/** Servers with plugins, and what they use, until the end of a test. */
export class PluginStage {
  readonly #closers: (() => Promise<unknown>)[] = [];

  /** @param plugins `null`: a server without a manager. */
  async server(plugins: readonly PostProcessor[] | null, options: JoblibAppOptions = {}): Promise<PluginServer> {
    const manager = new PluginManager({ logger: new RecordingLogger(), discover: false });
    manager.clearPlugins();
    for (const plugin of plugins ?? []) await manager.registerPlugin(plugin);
    const server = await startJoblib({ ...options, ...(plugins && { plugins: manager }) });
    this.#closers.push(
      () => manager.close(),
      () => server.close(),
    );
    return new PluginServer(server, manager);
  }

  /** For servers that come one after the other, or at once, under one clock. */
  async database(): Promise<JoblibAppOptions & { readonly clock: FakeClock }> {
    const database = await lastingDatabase();
    this.#closers.push(() => database.remove());
    return { database, clock: new FakeClock() };
  }

  /** Ends all that was begun, the last first. */
  async clear(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** One server with its plugins, and somebody who does everything. */
export class PluginServer {
  readonly root: JoblibUser;
  readonly deliveries: PluginDeliveries;

  constructor(
    readonly server: JoblibApp,
    readonly manager: PluginManager,
  ) {
    this.root = new JoblibUser(server.origin, 'root');
    this.deliveries = server.app.get(PluginDeliveries);
  }

  /** A task that runs. */
  async aTask(): Promise<{ id: string; workerId: string }> {
    const { body: job } = await this.root.register(JOB);
    const { body: submitted } = await this.root.submit('lab', JOB, { path: 'x' });
    await this.root.claim(job.worker_id);
    expect((await this.root.report(submitted.id, 'running')).status).toBe(200);
    return { id: submitted.id, workerId: job.worker_id };
  }

  /** The id of a task that ended with that result. */
  async completed(result?: unknown): Promise<string> {
    const { id } = await this.aTask();
    expect((await this.root.report(id, 'completed', result === undefined ? {} : { result })).status).toBe(200);
    return id;
  }

  async rows(table: string): Promise<number> {
    const [row] = await this.server.dataSource.query<{ total: number | string }[]>(`SELECT count(*) AS total FROM ${table}`);
    return Number(row?.total);
  }

  /** The deliveries to a plugin as they are stored, newest first. */
  async stored(plugin: string): Promise<readonly Delivery[]> {
    return (await this.server.app.get(DeliveryListStore).page(plugin, null, { limit: 50, offset: 0 })).items;
  }
}

/** Comes to no end before its server stops. */
export function endless(name: string): RecordingPlugin {
  const plugin = new RecordingPlugin(name);
  plugin.process = (context) => {
    plugin.contexts.push(context);
    return new Promise((_resolve, reject) =>
      context.signal.addEventListener('abort', () => reject(context.signal.reason as Error)),
    ) as never;
  };
  return plugin;
}

export function idsOf(contexts: readonly PluginExecutionContext[]): string[] {
  return contexts.map(({ executionId }) => executionId);
}
