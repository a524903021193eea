import 'reflect-metadata';

import type { AddressInfo } from 'node:net';

import type { Provider } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { CLOCK, EVENT_PUBLISHER, IDENTITY, JoblibModule, answerUnreadableAddress } from '@joblib/nestjs';
import type { JoblibSettings } from '@joblib/nestjs';
import type { PluginManager } from '@joblib/plugins';
import type { Supervisor } from '@joblib/plugins/services';
import { DataSource } from 'typeorm';

import { BearerNameIdentity, FakeClock, RecordingEventPublisher } from '@joblib/nestjs/testing';

import { passingDatabase } from './test-database.js';
import type { TestDatabase } from './test-database.js';

/** What a test may decide about its server. */
export interface JoblibAppOptions {
  /** One of its own without it, gone with the server. */
  readonly database?: TestDatabase;
  readonly settings?: Partial<JoblibSettings>;
  readonly overrides?: readonly Provider[];
  readonly clock?: FakeClock;
  /** The test's own: it closes the manager. */
  readonly plugins?: PluginManager;
  /** The test's own: it starts the services, and disposes the supervisor. */
  readonly services?: Supervisor;
}

/** A whole server on port 0 with a fake clock, recorded events, and users who are whoever their token says. */
export interface JoblibApp {
  readonly app: NestFastifyApplication;
  /** "http://127.0.0.1:port" */
  readonly origin: string;
  readonly clock: FakeClock;
  readonly events: RecordingEventPublisher;
  readonly dataSource: DataSource;
  /** Closes it once, however often it is called. */
  close(): Promise<void>;
}

export async function startJoblib({
  database,
  settings = {},
  overrides = [],
  clock = new FakeClock(),
  plugins,
  services,
}: JoblibAppOptions = {}): Promise<JoblibApp> {
  const kept = database ?? (await passingDatabase());
  const dataSource = new DataSource(kept.options());
  const events = new RecordingEventPublisher();
  const module = await Test.createTestingModule({
    imports: [
      JoblibModule.forRoot({
        dataSource,
        migrate: true,
        gateway: false,
        settings,
        ...(plugins && { plugins }),
        ...(services && { services }),
        overrides: [
          { provide: IDENTITY, useClass: BearerNameIdentity },
          { provide: CLOCK, useValue: clock },
          { provide: EVENT_PUBLISHER, useValue: events },
          ...overrides,
        ],
      }),
    ],
  }).compile();
  const adapter = new FastifyAdapter({ routerOptions: { maxParamLength: 10_000 }, frameworkErrors: answerUnreadableAddress });
  const app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: ['error', 'warn'] });
  try {
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= app.close().finally(() => (database === undefined ? kept.remove() : undefined)));
  return { app, origin: `http://127.0.0.1:${port}`, clock, events, dataSource, close };
}
