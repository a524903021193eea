import 'reflect-metadata';

import { FastifyAdapter } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { IDENTITY, JoblibModule, postgresDataSourceOptions } from '@joblib/nestjs';
import { BearerNameIdentity } from '@joblib/nestjs/testing';
import { Supervisor } from '@joblib/plugins/services';

/** A server that tests may kill, with a service that is always well. */
const { DATABASE, JOB } = process.env;

const web = {
  name: 'web',
  start: async () => ({ id: 'web', serviceName: 'web', metadata: {} }),
  healthCheck: async () => 'healthy',
  async stop() {},
  async forceStop() {},
  async cleanup() {},
};
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const services = new Supervisor([{ plugin: web, jobs: [JOB] }], { logger: silent });

const joblib = JoblibModule.forRoot({
  dataSource: postgresDataSourceOptions(DATABASE),
  services,
  gateway: false,
  overrides: [{ provide: IDENTITY, useClass: BearerNameIdentity }],
});
const app = await NestFactory.create(joblib, new FastifyAdapter(), { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
await services.startAll();
console.log('listening');
