import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { healthOf } from '../faults/observe-service.js';
import { serviceUser } from '../faults/service-users.js';
import { Playground } from '../service/server-process.js';
import { createPostgresDatabase } from '../support/postgres-databases.js';
import type { PostgresDatabase } from '../support/postgres-databases.js';
import { ask } from '../support/postgres-server.js';
import { RedisServer, redisMissing } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { becauseOfRedis } from './cluster.js';
import { ServiceCluster } from './service-cluster.js';

const JOB = 'lab:modifiers:Rotate';

let database: PostgresDatabase;
beforeEach(async () => {
  database = await createPostgresDatabase();
});
afterEach(() => database.drop());

async function readiness(address: string): Promise<unknown> {
  return (await fetch(`${address}/health/ready`)).json();
}

async function figure(address: string, name: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

(redisMissing === null ? describe : describe.skip)(`two services with REDIS_URL${becauseOfRedis}`, () => {
  let redis: RedisServer;
  let services: ServiceCluster;
  beforeEach(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    await services.clear();
    await redis.kill();
  });

  it('go on without Redis: ready, with a degraded part that is counted; recover by themselves, and stop in good order', async () => {
    services = await ServiceCluster.start(2, { DATABASE_URL: database.url, REDIS_URL: redis.url });
    const here = services.address(0);
    expect(await readiness(here)).toEqual({ status: 'ok', database: 'up', redis: 'up' });
    expect(await figure(here, 'joblib_redis_up')).toBe(1);
    await redis.kill();
    await until('health tells', async () => (await figure(here, 'joblib_redis_up')) === 0);
    expect(await readiness(here)).toEqual({ status: 'ok', database: 'up', redis: 'degraded' });
    expect((await healthOf(here)).ready).toBe(200);
    const root = await serviceUser(here, 'root', true);
    const { worker_id } = (await root.register(JOB)).body;
    const { id } = (await root.submit('lab', JOB)).body;
    expect((await root.claim(worker_id)).body.task?.id).toBe(id);
    expect(await figure(here, 'joblib_redis_lost_messages_total')).toBeGreaterThan(0);
    await redis.start();
    for (const index of [0, 1]) {
      await until('health tells', async () => (await figure(services.address(index), 'joblib_redis_up')) === 1);
      const { stdout, stderr } = services.process(index);
      expect((stdout + stderr).match(/Redis is away/g)).toHaveLength(1);
      expect(await services.stopOne(index)).toBe(0);
    }
  });

  it('start without Redis, and use it as soon as it is there', async () => {
    await redis.kill();
    services = await ServiceCluster.start(1, { DATABASE_URL: database.url, REDIS_URL: redis.url });
    expect(await readiness(services.address(0))).toMatchObject({ status: 'ok', redis: 'degraded' });
    await redis.start();
    await until('health tells', async () => (await figure(services.address(0), 'joblib_redis_up')) === 1);
  });

  it('notice a Redis that hangs, stop in good order all the same, and recover when it goes on', async () => {
    services = await ServiceCluster.start(2, { DATABASE_URL: database.url, REDIS_URL: redis.url });
    redis.pause();
    expect(await services.stopOne(1)).toBe(0);
    await until('health tells', async () => (await figure(services.address(0), 'joblib_redis_up')) === 0);
    const root = await serviceUser(services.address(0), 'root', true);
    expect((await root.register(JOB)).status).toBe(201);
    redis.resume();
    await until('health tells', async () => (await figure(services.address(0), 'joblib_redis_up')) === 1);
  });

  it('share the answers of providers', async () => {
    services = await ServiceCluster.start(2, { DATABASE_URL: database.url, REDIS_URL: redis.url });
    const [here, there] = [await serviceUser(services.address(0), 'root', true), await serviceUser(services.address(1), 'sue')];
    const body = { category: 'filesystem', name: 'local', content_type: 'application/json' };
    const { id } = (await here.call<{ id: string }>('PUT', '/rooms/lab/providers', body)).body;
    const path = '/rooms/lab/providers/lab:filesystem:local';
    const asked = await there.call<{ request_hash: string }>('GET', path);
    expect(asked.status).toBe(202);
    await here.call('POST', `/providers/${id}/results`, { request_hash: asked.body.request_hash, data: { files: 1 } });
    expect(await there.call('GET', path)).toMatchObject({ status: 200, body: { files: 1 } });
  });

  it('have one sweeper, which the other becomes when that one is killed', async () => {
    const settings = { ZNDRAW_JOBLIB_SWEEPER_INTERVAL_SECONDS: '1', ZNDRAW_JOBLIB_WORKER_TIMEOUT_SECONDS: '2' };
    services = await ServiceCluster.start(1, { DATABASE_URL: database.url, REDIS_URL: redis.url, ...settings });
    const holder = async (): Promise<string | undefined> =>
      (await ask<{ holder: string }>(database.url, `SELECT holder FROM joblib_lease WHERE name = 'sweeper'`))[0]?.holder;
    await until('somebody sweeps', async () => (await holder()) !== undefined);
    const first = await holder();
    const others = await ServiceCluster.start(1, { DATABASE_URL: database.url, REDIS_URL: redis.url, ...settings });
    try {
      const root = await serviceUser(others.address(0), 'root', true);
      const { worker_id } = (await root.register(JOB)).body;
      const { id } = (await root.submit('lab', JOB)).body;
      await root.claim(worker_id);
      expect(await holder()).toBe(first);
      await services.stopOne(0, 'SIGKILL');
      expect((await root.task(id, { prefer: 'wait=25' })).body).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
      expect(await holder()).not.toBe(first);
    } finally {
      await others.clear();
    }
  });
});

describe('a service without REDIS_URL', () => {
  const playground = new Playground();
  afterEach(() => playground.clear());

  it('on PostgreSQL warns of what stays on its server, and works', async () => {
    const service = playground.start(playground.folder(), { DATABASE_URL: database.url });
    const address = await service.listening();
    expect(service.stdout + service.stderr).toMatch(
      /WARN.*REDIS_URL is not set: events, sockets and reads of providers stay on this server/,
    );
    expect(await readiness(address)).toEqual({ status: 'ok', database: 'up' });
    expect(await figure(address, 'joblib_redis_up')).toBeNaN();
  });

  it('waits for a database that hangs while it starts, and serves when it goes on', async () => {
    const first = playground.start(playground.folder(), { DATABASE_URL: database.url });
    await first.listening();
    await first.stop();
    const locker = new pg.Client({ connectionString: database.url });
    await locker.connect();
    await locker.query('BEGIN; LOCK TABLE joblib_task IN ACCESS EXCLUSIVE MODE');
    const service = playground.start(playground.folder(), { DATABASE_URL: database.url });
    const address = service.listening();
    await until('it says so', () => service.stderr.includes('joblib cannot start yet, and tries again'));
    await locker.end();
    expect(await readiness(await address)).toMatchObject({ status: 'ok' });
    expect(await service.stop()).toBe(0);
  });

  it('on SQLite has nothing to warn of', async () => {
    const service = playground.start(playground.folder());
    await service.listening();
    expect(service.stdout + service.stderr).not.toContain('REDIS_URL');
  });
});
