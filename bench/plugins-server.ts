/** A host of the library with six plugins that do nothing, for `plugins.ts`. */
import 'reflect-metadata';

import { FastifyAdapter } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { IDENTITY, JoblibModule, postgresDataSourceOptions, sqliteDataSourceOptions } from '@joblib/nestjs';
import { BearerNameIdentity } from '@joblib/nestjs/testing';
import { PluginManager, PluginMetadata, type Accepts, type AnyPostProcessor } from '@joblib/plugins';

const PLUGINS = 6;

const { BENCH_DATABASE = '', BENCH_ACCEPTS, BENCH_CALLS_PLUGINS } = process.env;

/** Has its plugins announced, and tasks handed out to them, and calls none. */
class UncallingManager extends PluginManager {
  override getPlugins(): ReadonlyMap<string, AnyPostProcessor> {
    return new Map();
  }
}

async function managerOf(accepts: Accepts): Promise<PluginManager> {
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const options = { discover: false, logger: silent };
  const manager = BENCH_CALLS_PLUGINS === 'yes' ? new PluginManager(options) : new UncallingManager(options);
  manager.clearPlugins();
  for (let index = 0; index < PLUGINS; index += 1) {
    const metadata = new PluginMetadata({ name: `bench ${index}`, version: '1.0.0', author: 'joblib', description: 'Does nothing.' });
    await manager.registerPlugin({ accepts, metadata: () => metadata, process: ignore });
  }
  return manager;
}

function ignore(): void {}

const database = BENCH_DATABASE.startsWith('sqlite:')
  ? sqliteDataSourceOptions(BENCH_DATABASE.slice('sqlite:'.length))
  : postgresDataSourceOptions(BENCH_DATABASE);
const joblib = JoblibModule.forRoot({
  dataSource: database,
  migrate: true,
  gateway: false,
  ...(BENCH_ACCEPTS === 'reports' || BENCH_ACCEPTS === 'tasks' ? { plugins: await managerOf(BENCH_ACCEPTS) } : {}),
  overrides: [{ provide: IDENTITY, useClass: BearerNameIdentity }],
});
const app = await NestFactory.create(joblib, new FastifyAdapter(), { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
