import 'reflect-metadata';

import type { AddressInfo } from 'node:net';

import type { Provider } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Test } from '@nestjs/testing';
import { CLOCK, IDENTITY, JoblibModule, WorkerCleanup } from '@joblib/nestjs';
import type { JoblibSettings } from '@joblib/nestjs';
import type { Supervisor } from '@joblib/plugins/services';
import { jest } from '@jest/globals';
import { DataSource } from 'typeorm';

import { BearerNameIdentity, FakeClock } from '@joblib/nestjs/testing';

import { passingDatabase } from '../support/test-database.js';

export interface GatewayAppOptions {
  readonly settings?: Partial<JoblibSettings>;
  readonly overrides?: readonly Provider[];
  /** The test's own. */
  readonly services?: Supervisor;
  /** A free one without it. */
  readonly port?: number;
}

/** A whole server with sockets on port 0, on a database of its own. */
export interface GatewayApp {
  readonly app: NestFastifyApplication;
  /** "http://127.0.0.1:port" */
  readonly origin: string;
  readonly clock: FakeClock;
  readonly dataSource: DataSource;
  /** Every clean-up that is asked for; it happens all the same. */
  readonly cleanUps: jest.Spied<WorkerCleanup['cleanUp']>;
  /** Ids of the sockets that the server believes to be there. */
  connectedIds(): string[];
  close(): Promise<void>;
}

type SocketServer = ReturnType<IoAdapter['createIOServer']>;

/** Keeps the Socket.IO server in reach. */
class KeptServerAdapter extends IoAdapter {
  server: SocketServer | null = null;

  override createIOServer(...options: Parameters<IoAdapter['createIOServer']>): SocketServer {
    return (this.server = super.createIOServer(...options));
  }
}

/** The grace is 0 unless the settings say otherwise. */
export async function startGateway({
  settings = {},
  overrides = [],
  services,
  port: wanted = 0,
}: GatewayAppOptions = {}): Promise<GatewayApp> {
  const clock = new FakeClock();
  const database = await passingDatabase();
  const dataSource = new DataSource(database.options());
  await dataSource.initialize();
  const module = await Test.createTestingModule({
    imports: [
      JoblibModule.forRoot({
        dataSource,
        migrate: true,
        ...(services && { services }),
        settings: { workerDisconnectGraceSeconds: 0, ...settings },
        overrides: [{ provide: IDENTITY, useClass: BearerNameIdentity }, { provide: CLOCK, useValue: clock }, ...overrides],
      }),
    ],
  }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter({ routerOptions: { maxParamLength: 10_000 } }), {
    logger: false,
  });
  const adapter = new KeptServerAdapter(app);
  app.useWebSocketAdapter(adapter);
  await app.listen(wanted, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const cleanUps = jest.spyOn(app.get(WorkerCleanup, { strict: false }), 'cleanUp');
  const close = async (): Promise<void> => {
    await app.close();
    if (dataSource.isInitialized) await dataSource.destroy();
    await database.remove();
  };
  return {
    app,
    origin: `http://127.0.0.1:${port}`,
    clock,
    dataSource,
    cleanUps,
    connectedIds: () => [...(adapter.server?.sockets.sockets.keys() ?? [])],
    close,
  };
}
