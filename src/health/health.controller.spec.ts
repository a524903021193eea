import { afterEach, describe, expect, it } from '@jest/globals';
import { DatabaseHealth } from '@joblib/nestjs';
import { TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthController } from './health.controller.js';

let app: NestFastifyApplication;
let address: string;
let check: () => Promise<void>;

async function start(): Promise<void> {
  const database = { provide: DatabaseHealth, useValue: { check: () => check() } };
  const module = await Test.createTestingModule({
    imports: [TerminusModule],
    controllers: [HealthController],
    providers: [database],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  address = await app.getUrl();
}

async function answerOf(path: string): Promise<[number, unknown]> {
  const response = await fetch(address + path);
  return [response.status, await response.json()];
}

afterEach(() => app.close());

describe('HealthController', () => {
  it('is ready while the database can be used, and again when it is back', async () => {
    check = () => Promise.resolve();
    await start();
    expect(await answerOf('/health/ready')).toEqual([200, { status: 'ok', database: 'up' }]);
    check = () => Promise.reject(new Error('disk full'));
    expect(await answerOf('/health/ready')).toEqual([503, { status: 'error', database: 'down' }]);
    check = () => Promise.resolve();
    expect(await answerOf('/health/ready')).toEqual([200, { status: 'ok', database: 'up' }]);
  });

  it('is alive whatever the database does', async () => {
    check = () => Promise.reject(new Error('gone'));
    await start();
    expect(await answerOf('/health/live')).toEqual([200, { status: 'ok' }]);
  });
});
