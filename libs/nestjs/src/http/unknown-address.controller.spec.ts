import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Options, Param, Patch, Post, Put, VersioningType } from '@nestjs/common';
import { answerUnreadableAddress } from './http-binding.js';
import { startHttpApp } from './http-app.fixture.js';
import type { HttpApp } from './http-app.fixture.js';
import { JoblibController } from './joblib-controller.decorator.js';

@JoblibController('/tasks')
class TasksController {
  @Post('claim')
  claim(): string {
    return 'claim';
  }

  @Get(':id')
  read(@Param('id') id: string): string {
    return id;
  }

  @Patch(':id')
  report(@Param('id') id: string): string {
    return id;
  }
}

@JoblibController('/rooms/:room')
class RoomsController {
  @Put('jobs')
  register(@Param('room') room: string): string {
    return room;
  }

  @Get('jobs/:name')
  read(@Param('room') room: string, @Param('name') name: string): string {
    return `${room} ${name}`;
  }
}

@Controller()
class HostController {
  @Options('*')
  preflight(): string {
    return 'preflight of the host';
  }

  @Get('v1/jobs')
  jobs(): string {
    return 'jobs of the host';
  }
}

const CONTROLLERS = [TasksController, RoomsController, HostController];

async function idAndAllow(response: Response): Promise<[string, string | null]> {
  const { type } = (await response.json()) as { type: string };
  return [type.replace('/v1/problems/', ''), response.headers.get('allow')];
}

describe('an address below the base path', () => {
  let server: HttpApp;

  beforeAll(async () => {
    server = await startHttpApp({ controllers: CONTROLLERS, adapter: { frameworkErrors: answerUnreadableAddress } });
  });

  afterAll(() => server.close());

  it.each([
    ['POST', '/v1/joblib/tasks/claim', 'claim'],
    ['GET', '/v1/joblib/tasks/claim', 'claim'],
    ['GET', '/v1/joblib/tasks/a%2Fb', 'a/b'],
    ['GET', '/v1/joblib/rooms/%40global/jobs/@global%3Amodifiers:Rotate%20%25', '@global @global:modifiers:Rotate %'],
    ['PUT', '/v1/joblib/rooms/r/jobs?x=/', 'r'],
  ])('that is known is served: %s %s', async (method, path, body) => {
    expect(await (await server.call(method, path)).text()).toBe(body);
  });

  it.each([
    ['GET', '/v1/joblib'],
    ['GET', '/v1/joblib/'],
    ['POST', '/v1/joblib/nothing'],
    ['DELETE', '/v1/joblib/a/b/c?d=e'],
    ['GET', '/v1/joblib/tasks/'],
    ['PUT', '/v1/joblib/rooms//jobs'],
    ['PATCH', '/v1/joblib/tasks/a/b'],
    ['GET', '/v1/joblib/tasks%2Fclaim'],
    ['GET', `/v1/joblib/tasks/${'x'.repeat(5_000)}`],
  ])('that is unknown is 404: %s %s', async (method, path) => {
    const response = await server.call(method, path);
    expect(response.status).toBe(404);
    expect(await idAndAllow(response)).toEqual(['not-found', null]);
  });

  it.each([
    ['DELETE', '/v1/joblib/tasks/1', 'GET, HEAD, PATCH'],
    ['PUT', '/v1/joblib/tasks/claim', 'GET, HEAD, PATCH, POST'],
    ['POST', '/v1/joblib/rooms/r/jobs', 'PUT'],
    ['GET', '/v1/joblib/rooms/r/j%6Fbs?x=1', 'PUT'],
    ['POST', '/v1/joblib/rooms/%40global/jobs/a%2Fb', 'GET, HEAD'],
  ])('that has other methods is 405 and names them: %s %s', async (method, path, allow) => {
    const response = await server.call(method, path);
    expect(response.status).toBe(405);
    expect(await idAndAllow(response)).toEqual(['method-not-allowed', allow]);
  });

  it('answers HEAD like GET, without a body', async () => {
    expect((await server.call('HEAD', '/v1/joblib/tasks/1')).status).toBe(200);
    expect((await server.call('HEAD', '/v1/joblib/nothing')).status).toBe(404);
    expect((await server.call('HEAD', '/v1/joblib/rooms/r/jobs')).headers.get('allow')).toBe('PUT');
  });

  it.each(['/v1/joblib/nothing', '/v1/joblib/tasks/', '/v1/joblib/tasks/%zz'])('is 401 first: %s', async (path) => {
    expect((await server.call('GET', path, { headers: {} })).status).toBe(401);
  });

  it.each(['/v1/joblib/tasks/%zz', '/v1/joblib/rooms/%ff/jobs/a', '/v1/joblib/%'])('that cannot be decoded is 400: %s', async (path) => {
    const answer = await readAll(
      connect(server.port, '127.0.0.1').end(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ada\r\nconnection: close\r\n\r\n`),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('/v1/problems/malformed-address');
  });

  it('leaves OPTIONS to the host', async () => {
    expect(await (await server.call('OPTIONS', '/v1/joblib/tasks/1', { headers: {} })).text()).toBe('preflight of the host');
  });

  it('does not end at half a segment', async () => {
    expect(await (await server.call('GET', '/v1/jobs', { headers: {} })).text()).toBe('jobs of the host');
    expect(await (await server.call('GET', '/v1/joblibs', { headers: {} })).json()).toMatchObject({ message: 'Cannot GET /v1/joblibs' });
  });

  it.each(['/host/%zz', '/%'])('outside of it, that cannot be decoded, is answered as by the host: %s', async (path) => {
    await using plain = await startHttpApp({ controllers: [HostController], isBound: false });
    const [ours, theirs] = await Promise.all([server, plain].map(async ({ call }) => (await call('GET', path)).text()));
    expect(ours).toBe(theirs);
  });
});

describe('a host', () => {
  it('may put a prefix and versions before everything', async () => {
    await using server = await startHttpApp({
      controllers: [TasksController, RoomsController],
      configure: (app) => app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '7' }),
    });
    expect(await (await server.call('GET', '/api/v1/joblib/tasks/5')).text()).toBe('5');
    expect((await server.call('GET', '/api/v1/joblib/tasks/5', { headers: {} })).status).toBe(401);
    expect(await idAndAllow(await server.call('DELETE', '/api/v1/joblib/tasks/5'))).toEqual(['method-not-allowed', 'GET, HEAD, PATCH']);
    expect(await idAndAllow(await server.call('DELETE', '/api/v1/joblib/nothing'))).toEqual(['not-found', null]);
    expect((await server.call('GET', '/api/v1/problems/not-found', { headers: {} })).status).toBe(200);
  });

  it('may answer preflights with its own CORS', async () => {
    await using server = await startHttpApp({
      controllers: [TasksController],
      configure: (app) => app.enableCors({ origin: 'https://app.example' }),
    });
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'PATCH' };
    const response = await server.call('OPTIONS', '/v1/joblib/tasks/5', { headers });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it('may refuse routes that hide each other', async () => {
    await using server = await startHttpApp({
      controllers: [TasksController],
      nest: { routeConflictPolicy: { duplicate: 'error', shadow: 'error' }, routeResolutionStrategy: 'specificity' },
    });
    expect(await (await server.call('GET', '/v1/joblib/tasks/5')).text()).toBe('5');
  });

  it('may allow long segments', async () => {
    await using server = await startHttpApp({ controllers: [TasksController], adapter: { routerOptions: { maxParamLength: 1_532 } } });
    expect(await (await server.call('GET', `/v1/joblib/tasks/${'%F0%9F%98%80'.repeat(766)}`)).text()).toBe('😀'.repeat(766));
  });
});
