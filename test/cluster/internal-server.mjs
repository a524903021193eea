// A host that runs one @internal job, for tests that kill it: node internal-server.mjs <database> <redis>
import 'reflect-metadata';

import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IDENTITY, INTERNAL_REGISTRY, JoblibModule, WAKE_UPS, postgresDataSourceOptions } from '@joblib/nestjs';
import { BearerNameIdentity } from '@joblib/nestjs/testing';
import { RedisBus, RedisWakeUps } from '@joblib/redis';
import { DataSource } from 'typeorm';

const [databaseUrl, redisUrl] = process.argv.slice(2);
const bus = await RedisBus.connect(redisUrl);

/** Ends only when it is cancelled. */
const run = ({ taskId, signal }) =>
  new Promise((_, reject) => {
    console.log(`running ${taskId}`);
    signal.addEventListener('abort', () => reject(new Error('cancelled')));
  });

class AppModule {}
Module({
  imports: [
    JoblibModule.forRoot({
      dataSource: new DataSource(postgresDataSourceOptions(databaseUrl)),
      migrate: true,
      gateway: false,
      settings: { workerTimeoutSeconds: 2, sweeperIntervalSeconds: 1 },
      overrides: [
        { provide: IDENTITY, useClass: BearerNameIdentity },
        { provide: WAKE_UPS, useValue: new RedisWakeUps(bus) },
        { provide: INTERNAL_REGISTRY, useValue: { jobs: new Map([['@internal:analysis:Wait', { run }]]) } },
      ],
    }),
  ],
})(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
