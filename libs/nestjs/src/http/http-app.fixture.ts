import { Module } from '@nestjs/common';
import type { INestApplication, MiddlewareConsumer, NestApplicationOptions, NestModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ProblemError } from '@joblib/contract';
import { IDENTITY, JOBLIB_SETTINGS } from '../ports/index.js';
import type { Caller, CredentialSource, JoblibSettings } from '../ports/index.js';
import { HttpBinding } from './http-binding.js';
import { ProblemPagesController } from './problem-pages.controller.js';
import { RouteTable } from './route-table.js';
import { UnknownAddressController } from './unknown-address.controller.js';

export const MAX_BODY_BYTES = 65_536;

/** Headers of a request by Ada. */
export const ADA = { authorization: 'Bearer ada' };

/** Takes `Bearer <id>` for the user of that id, and refuses everything else. */
const identity = {
  authenticate({ authorization }: CredentialSource): Promise<Caller> {
    const id = /^Bearer (\w+)$/.exec(authorization ?? '')?.[1];
    if (id === undefined) return Promise.reject(new ProblemError('Unauthorized', 'There is no bearer token.'));
    return Promise.resolve({ id, isSuperuser: id === 'root' });
  },
};

export interface HttpApp extends AsyncDisposable {
  close(): Promise<void>;
  readonly app: INestApplication;
  readonly port: number;
  /** A request to this server; without `headers` it is Ada's. */
  readonly call: (method: string, path: string, options?: RequestInit) => Promise<Response>;
}

export interface HttpAppOptions {
  /** Served like our own features. */
  readonly controllers?: readonly Type[];
  readonly adapter?: ConstructorParameters<typeof FastifyAdapter>[0];
  readonly nest?: NestApplicationOptions;
  /** Runs before the application is initialised. */
  readonly configure?: (app: NestFastifyApplication) => void;
  /** `false` leaves our part out, to compare a host with and without it. */
  readonly isBound?: boolean;
}

/** A host application with our HTTP plumbing, listening on a free port. */
export async function startHttpApp({ controllers = [], adapter, nest, configure, isBound = true }: HttpAppOptions = {}): Promise<HttpApp> {
  const settings: Pick<JoblibSettings, 'maxBodyBytes'> = { maxBodyBytes: MAX_BODY_BYTES };
  const ours = isBound ? [UnknownAddressController, ProblemPagesController] : [];

  @Module({
    controllers: [...ours, ...controllers],
    providers: [HttpBinding, RouteTable, { provide: JOBLIB_SETTINGS, useValue: settings }, { provide: IDENTITY, useValue: identity }],
  })
  class AppModule implements NestModule {
    constructor(private readonly binding: HttpBinding) {}

    configure(_consumer: MiddlewareConsumer): void {
      if (isBound) this.binding.bind();
    }
  }

  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(adapter), { logger: false, ...nest });
  configure?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  return {
    app,
    port,
    call: (method, path, { headers = ADA, ...options } = {}) => fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...options }),
    close: () => app.close(),
    [Symbol.asyncDispose]: () => app.close(),
  };
}
