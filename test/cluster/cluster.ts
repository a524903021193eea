import 'reflect-metadata';

import type { AddressInfo } from 'node:net';

import type { Provider } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import { IDENTITY, JoblibModule, RESULT_BACKEND, WAKE_UPS, WorkerCleanup } from '@joblib/nestjs';
import type { JoblibSettings } from '@joblib/nestjs';
import { BearerNameIdentity } from '@joblib/nestjs/testing';
import { RedisBus, RedisResultBackend, RedisWakeUps, redisSocketAdapter } from '@joblib/redis';
import { DataSource } from 'typeorm';

import { JoblibUser } from '../support/joblib-user.js';
import { RedisServer, redisMissing } from '../support/redis-server.js';
import { lastingDatabase } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

/** For the names of groups of tests. */
export const becauseOfRedis = redisMissing === null ? '' : ` (not tried: ${redisMissing})`;

type ServerOptions = NonNullable<Parameters<IoAdapter['createIOServer']>[1]>;
type SocketServer = ReturnType<IoAdapter['createIOServer']>;

class BusIoAdapter extends IoAdapter {
  server: SocketServer | null = null;

  constructor(
    app: NestFastifyApplication,
    private readonly bus: RedisBus,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions): SocketServer {
    return (this.server = super.createIOServer(port, { ...options, adapter: redisSocketAdapter(this.bus) } as ServerOptions));
  }
}

/** One of several servers on one database and one Redis. */
export class ClusterServer {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly bus: RedisBus,
    readonly origin: string,
    /** Every clean-up that is asked for; it happens all the same. */
    readonly cleanUps: jest.Spied<WorkerCleanup['cleanUp']>,
    private readonly adapter: BusIoAdapter,
  ) {}

  static async start(
    database: TestDatabase,
    redisUrl: string,
    settings: Partial<JoblibSettings>,
    overrides: readonly Provider[],
  ): Promise<ClusterServer> {
    const bus = await RedisBus.connect(redisUrl);
    const own: Provider[] = [
      { provide: IDENTITY, useClass: BearerNameIdentity },
      { provide: WAKE_UPS, useFactory: () => new RedisWakeUps(bus) },
      { provide: RESULT_BACKEND, useFactory: () => RedisResultBackend.connect(redisUrl) },
    ];
    const dataSource = new DataSource(database.options());
    const joblib = JoblibModule.forRoot({ dataSource, migrate: true, settings, overrides: [...own, ...overrides] });
    const module = await Test.createTestingModule({ imports: [joblib] }).compile();
    const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    const adapter = new BusIoAdapter(app, bus);
    app.useWebSocketAdapter(adapter);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const cleanUps = jest.spyOn(app.get(WorkerCleanup, { strict: false }), 'cleanUp');
    return new ClusterServer(app, bus, `http://127.0.0.1:${port}`, cleanUps, adapter);
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  user(name: string): JoblibUser {
    return new JoblibUser(this.origin, name);
  }

  hasSocket(id: string | undefined): boolean {
    return this.adapter.server?.sockets.sockets.has(id ?? '') ?? false;
  }

  /** A question to all servers, as the end of a grace asks it. @throws Error when it cannot be answered. */
  async socketsIn(room: string): Promise<number> {
    return (await this.socketsOf(room)).length;
  }

  /** As a host would ask for them. */
  async socketsOf(room: string): Promise<Awaited<ReturnType<SocketServer['fetchSockets']>>> {
    return (await this.adapter.server?.in(room).fetchSockets()) ?? [];
  }

  /** As the library does after a commit. */
  emit(room: string, event: string, payload: object): void {
    this.adapter.server?.to(room).emit(event, payload);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.bus.close();
  }
}

export interface ClusterOptions {
  readonly settings?: Partial<JoblibSettings>;
  readonly overrides?: readonly Provider[];
  /** Of Redis, for each server; its own address without it. */
  readonly redisUrls?: (redis: RedisServer) => readonly string[];
}

/** Two servers on one PostgreSQL and one Redis of their own. */
export class Cluster {
  private constructor(
    readonly redis: RedisServer,
    readonly here: ClusterServer,
    readonly there: ClusterServer,
    private readonly database: TestDatabase,
  ) {}

  /** Resolves when the servers hear each other. The grace is 0 unless the settings say otherwise. */
  static async start({ settings = {}, overrides = [], redisUrls }: ClusterOptions = {}): Promise<Cluster> {
    const redis = await RedisServer.start();
    const database = await lastingDatabase();
    const [first = redis.url, second = redis.url] = redisUrls?.(redis) ?? [];
    const all = { workerDisconnectGraceSeconds: 0, ...settings };
    const [here, there] = [
      await ClusterServer.start(database, first, all, overrides),
      await ClusterServer.start(database, second, all, overrides),
    ];
    const cluster = new Cluster(redis, here, there, database);
    await cluster.connected();
    return cluster;
  }

  /** Resolves when both servers hear each other. */
  async connected(): Promise<void> {
    for (const server of [this.here, this.there]) {
      const canAsk = (): Promise<boolean> =>
        server.socketsIn('nobody').then(
          () => true,
          () => false,
        );
      await until('all servers can be asked', canAsk);
    }
  }

  async close(): Promise<void> {
    await this.here.close();
    await this.there.close();
    await this.redis.kill();
    await this.database.remove();
  }
}
