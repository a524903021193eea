import type { INestApplicationContext } from '@nestjs/common';
import { JoblibTasks, SESSION_MAKER } from '@joblib/nestjs';
import type { Caller, SessionMaker } from '@joblib/nestjs';
import type { PluginHost, PluginMetrics, PluginSubmission, PluginTable, PluginTableDefinition } from '@joblib/plugins';
import { Registry } from 'prom-client';
import { PluginTables } from './plugin-tables.js';
import { RegistryMetrics } from './registry-metrics.js';

/** Who submits what plugins submit. */
const PLUGINS: Caller = { id: 'joblib:plugins', isSuperuser: false };

interface Server {
  readonly tasks: JoblibTasks;
  readonly tables: PluginTables;
  readonly metrics: PluginMetrics;
}

/** What built-in plugins reach of this server. They are made before it, and called after. */
export class ServicePluginHost implements PluginHost {
  #server: Server | undefined;

  /** Before the application is initialized: then the first results may arrive. */
  attach(app: INestApplicationContext): void {
    this.#server = {
      tasks: app.get(JoblibTasks),
      tables: new PluginTables(app.get<SessionMaker>(SESSION_MAKER)),
      metrics: new RegistryMetrics(app.get(Registry)),
    };
  }

  async submit({ room: roomId, job: jobName, payload, idempotencyKey }: PluginSubmission): Promise<void> {
    await this.#running().tasks.submit(PLUGINS, { roomId, jobName, payload, idempotencyKey });
  }

  table(definition: PluginTableDefinition): Promise<PluginTable> {
    return this.#running().tables.open(definition);
  }

  get metrics(): PluginMetrics {
    return this.#running().metrics;
  }

  #running(): Server {
    if (this.#server === undefined) throw new Error('The server is not there yet.');
    return this.#server;
  }
}
