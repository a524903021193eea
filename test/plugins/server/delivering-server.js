import 'reflect-metadata';

import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { FastifyAdapter } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { CLOCK, IDENTITY, JoblibModule, postgresDataSourceOptions, sqliteDataSourceOptions } from '@joblib/nestjs';
import { BearerNameIdentity } from '@joblib/nestjs/testing';
import { PluginManager, PluginMetadata } from '@joblib/plugins';

/**
 * A server that tests may kill. Its plugin writes the id of each task that it has worked on to a file, takes a while before, and fails now and
 * then. Its clock is ahead by so many seconds: what a server left behind that was killed is due for the next one at once.
 */
const { DATABASE, RECORD_FILE, CLOCK_AHEAD_SECONDS = '0' } = process.env;
const aheadMs = Number(CLOCK_AHEAD_SECONDS) * 1000;

/** @param {'reports' | 'tasks'} accepts */
function recording(name, accepts) {
  return {
    accepts,
    metadata: () => new PluginMetadata({ name, version: '1.0.0', author: 'joblib', description: 'Writes down what it was given.' }),
    async process({ executionId }) {
      await pause(Math.random() * 4);
      if (Math.random() < 0.05) throw new Error('busy');
      appendFileSync(RECORD_FILE, `${name} ${executionId}\n`);
      await pause(Math.random() * 4);
    },
  };
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const plugins = new PluginManager({ discover: false, timeLimitMs: 10_000, logger: silent });
plugins.clearPlugins();
await plugins.registerPlugin(recording('all', 'tasks'), recording('reports', 'reports'));

const joblib = JoblibModule.forRoot({
  dataSource: DATABASE.startsWith('postgres:') ? postgresDataSourceOptions(DATABASE) : sqliteDataSourceOptions(DATABASE),
  migrate: true,
  plugins,
  gateway: false,
  settings: { workerTimeoutSeconds: 1e6 },
  overrides: [
    { provide: IDENTITY, useClass: BearerNameIdentity },
    { provide: CLOCK, useValue: { now: () => Date.now() + aheadMs } },
  ],
});
const app = await NestFactory.create(joblib, new FastifyAdapter(), { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
