import 'reflect-metadata';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Catch, Controller, Get, HttpException, Injectable, Module, Param, Post, VersioningType } from '@nestjs/common';
import type { ArgumentMetadata, ArgumentsHost, CallHandler, ExecutionContext } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Cron, Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { IDENTITY, JoblibModule, sqliteDataSourceOptions } from '@joblib/nestjs';
import { BearerNameIdentity } from '@joblib/nestjs/testing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import type { Socket } from 'socket.io';
import { io } from 'socket.io-client';

const KEY = { 'x-key': 'host' };

@Controller({ path: 'notes', version: '2' })
class NotesController {
  @Post()
  echo(@Body() body: unknown): object {
    return { body: body ?? null };
  }

  @Get('failure')
  fail(): never {
    throw new Error('secret');
  }

  @Get(':id')
  show(@Param('id') id: string): object {
    return { id };
  }
}

@Catch()
class HostFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    host
      .switchToHttp()
      .getResponse<FastifyReply>()
      .status(status)
      .send({ hostSays: String(error) });
  }
}

class HostPipe {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    return type === 'body' ? { seenByThePipe: value } : value;
  }
}

class HostGuard {
  canActivate(context: ExecutionContext): boolean {
    return context.getType() !== 'http' || context.switchToHttp().getRequest<FastifyRequest>().headers['x-key'] === 'host';
  }
}

class HostInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() === 'http') context.switchToHttp().getResponse<FastifyReply>().header('x-interceptor', 'host');
    return next.handle();
  }
}

@Injectable()
class HostSchedule {
  constructor(readonly registry: SchedulerRegistry) {}

  @Interval('host-interval', 3_600_000)
  tick(): void {}

  @Cron('0 0 1 1 *', { name: 'host-cron' })
  newYear(): void {}
}

@WebSocketGateway({ namespace: '/chat' })
class ChatGateway {
  @SubscribeMessage('say')
  say(@ConnectedSocket() socket: Socket): string[] {
    return [...socket.rooms].filter((room) => room !== socket.id);
  }
}

const providers = [
  HostSchedule,
  ChatGateway,
  { provide: APP_FILTER, useClass: HostFilter },
  { provide: APP_PIPE, useClass: HostPipe },
  { provide: APP_GUARD, useClass: HostGuard },
  { provide: APP_INTERCEPTOR, useClass: HostInterceptor },
];

interface Host {
  readonly app: NestFastifyApplication;
  readonly origin: string;
}

/** A host that sets everything its own way, with us or without. */
async function startHost(withUs: boolean): Promise<Host> {
  const joblib = JoblibModule.forRoot({
    dataSource: sqliteDataSourceOptions(':memory:'),
    migrate: true,
    overrides: [{ provide: IDENTITY, useClass: BearerNameIdentity }],
  });

  @Module({ imports: [ScheduleModule.forRoot(), ...(withUs ? [joblib] : [])], controllers: [NotesController], providers })
  class HostModule {}

  const adapter = new FastifyAdapter({ bodyLimit: 1000, routerOptions: { maxParamLength: 10_000 } });
  const app = await NestFactory.create<NestFastifyApplication>(HostModule, adapter, { logger: false, abortOnError: false });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) => done(null, { rows: String(body).split('\n') }));
  fastify.addHook('onSend', async (_request, reply) => void reply.header('x-hook', 'host'));
  app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI });
  app.enableCors({ origin: 'https://app.example' });
  app.useWebSocketAdapter(new IoAdapter(app));
  await app.listen(0, '127.0.0.1');
  return { app, origin: await app.getUrl() };
}

let withUs: Host;
let withoutUs: Host;
beforeAll(async () => {
  [withUs, withoutUs] = [await startHost(true), await startHost(false)];
});
afterAll(() => Promise.all([withUs, withoutUs].map(({ app }) => app.close())));

/** What a client can see of an answer. */
async function seen({ origin }: Host, method: string, path: string, headers: Record<string, string>, body: string | null): Promise<object> {
  const response = await fetch(origin + path, { method, headers: { ...KEY, ...headers }, body });
  const { date: _date, ...rest } = Object.fromEntries(response.headers);
  return { status: response.status, headers: rest, body: await response.text() };
}

describe('a host that sets everything its own way', () => {
  const json = { 'content-type': 'application/json' };

  it.each<[string, string, string, Record<string, string>, string | null]>([
    ['its versioned route', 'GET', '/api/v2/notes/1', {}, null],
    ['a body, through its pipe', 'POST', '/api/v2/notes', json, '{"a":1}'],
    ['a body of its own kind', 'POST', '/api/v2/notes', { 'content-type': 'text/csv' }, 'a\nb'],
    ['a body of no kind', 'POST', '/api/v2/notes', { 'content-type': 'text/strange' }, 'a'],
    ['a body beyond its limit', 'POST', '/api/v2/notes', json, `"${'x'.repeat(1000)}"`],
    ['what its guard refuses', 'GET', '/api/v2/notes/1', { 'x-key': '' }, null],
    ['a failure, through its filter', 'GET', '/api/v2/notes/failure', {}, null],
    ['a route without the prefix', 'GET', '/v2/notes/1', {}, null],
    ['an unknown address', 'GET', '/api/v2/nothing', {}, null],
    ['an unknown version', 'GET', '/api/v1/notes/1', {}, null],
    ['a preflight', 'OPTIONS', '/api/v2/notes', { origin: 'https://app.example', 'access-control-request-method': 'PUT' }, null],
    ['a simple request from elsewhere', 'GET', '/api/v2/notes/1', { origin: 'https://evil.example' }, null],
  ])('answers %s as without us', async (_case, method, path, headers, body) => {
    expect(await seen(withUs, method, path, headers, body)).toEqual(await seen(withoutUs, method, path, headers, body));
  });

  it('sees every one of these on its own routes', async () => {
    expect(await seen(withUs, 'POST', '/api/v2/notes', json, '{"a":1}')).toMatchObject({
      status: 201,
      headers: { 'x-hook': 'host', 'x-interceptor': 'host', 'access-control-allow-origin': 'https://app.example' },
      body: '{"body":{"seenByThePipe":{"a":1}}}',
    });
  });

  it('has nothing else in its scheduler, and that once', () => {
    for (const { app } of [withUs, withoutUs]) {
      const registry = app.get(SchedulerRegistry);
      expect(registry).toBe(app.get(HostSchedule).registry);
      expect([registry.getIntervals(), [...registry.getCronJobs().keys()], registry.getTimeouts()]).toEqual([
        ['host-interval'],
        ['host-cron'],
        [],
      ]);
    }
  });

  it('serves its own sockets to people whom we would not let in', async () => {
    for (const { origin } of [withUs, withoutUs]) {
      const socket = io(`${origin}/chat`, { transports: ['websocket'], forceNew: true, reconnection: false });
      expect(await socket.emitWithAck('say', {})).toEqual([]);
      socket.close();
    }
  });
});

describe('we, in such a host', () => {
  const call = (method: string, path: string, token: string | null, body?: object): Promise<Response> =>
    fetch(`${withUs.origin}/api/v1${path}`, {
      method,
      headers: { ...KEY, ...(token === null ? {} : { authorization: `Bearer ${token}` }), 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it('do our work below its prefix, with our own limits and errors', async () => {
    const registered = await call('PUT', '/joblib/rooms/lab/jobs', 'bob', { category: 'modifiers', name: 'Rotate' });
    expect(registered.status).toBe(201);
    const payload = { text: 'x'.repeat(2000) };
    const submitted = await call('POST', '/joblib/rooms/lab/tasks/lab:modifiers:Rotate', 'alice', { payload });
    const task = (await submitted.json()) as { id: string };
    expect([submitted.status, task]).toMatchObject([202, { status: 'pending', payload }]);
    expect(submitted.headers.get('location')).toBe(`/api/v1/joblib/tasks/${task.id}`);
    expect((await call('GET', `/joblib/tasks/${task.id}`, 'alice')).status).toBe(200);
    const refused = await call('GET', '/joblib/rooms/a:b/jobs', 'alice');
    expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
  });

  it('let nobody in without a token', async () => {
    for (const path of ['/me', '/joblib/workers', '/joblib/nothing']) {
      const answer = await call('GET', path, null);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([path, 401, 'application/problem+json']);
    }
  });

  it('serve our own sockets beside its own', async () => {
    const connect = (token: string | null): Promise<string> =>
      new Promise((resolve) => {
        const socket = io(withUs.origin, { auth: { token }, transports: ['websocket'], forceNew: true, reconnection: false });
        const end = (outcome: string): void => {
          socket.close();
          resolve(outcome);
        };
        socket.on('connect', () => end('connected')).on('connect_error', ({ message }) => end(message));
      });
    expect(await connect('alice')).toBe('connected');
    expect(await connect(null)).toBe('Send a name as the bearer token.');
  });
});
