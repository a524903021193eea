import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Delete, Get, HttpCode, HttpException, Logger, Param, Post, Req, ServiceUnavailableException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { IsOptional, IsString } from 'class-validator';
import { ProblemError } from '@joblib/contract';
import type { Caller } from '../ports/index.js';
import { CurrentCaller } from './caller.js';
import { ADA, MAX_BODY_BYTES, startHttpApp } from './http-app.fixture.js';
import type { HttpApp } from './http-app.fixture.js';
import { JoblibController } from './joblib-controller.decorator.js';
import { JsonBody } from './json-body.decorator.js';
import { JsonText } from './json-reply.js';
import { jsonTextOf } from './json-text.js';
import { MAX_NESTING } from './nesting.js';
import { IsJsonObject } from './validators.js';

class EchoDto {
  @IsString()
  @IsOptional()
  name?: string;

  @IsJsonObject()
  @IsOptional()
  payload?: Record<string, unknown>;
}

@JoblibController('/echo')
class EchoController {
  @Post()
  @HttpCode(202)
  @JsonText()
  echo(@JsonBody() body: EchoDto, @CurrentCaller() caller: Caller): string {
    return `{"caller":${JSON.stringify(caller.id)},"payload":${jsonTextOf(body, 'payload')}}`;
  }

  @Get('media-type')
  mediaType(@Req() request: FastifyRequest): object {
    return { contentType: request.headers['content-type'] ?? null };
  }

  @Post('media-type')
  mediaTypeOfPost(@Req() request: FastifyRequest): object {
    return { contentType: request.headers['content-type'] ?? null };
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Param('id') _id: string): void {}
}

@JoblibController('/failures')
class FailuresController {
  @Get('unforeseen')
  unforeseen(): never {
    throw new TypeError('secret detail');
  }

  @Get('database')
  database(): never {
    throw new ProblemError('DatabaseUnavailable', 'The disk is full.');
  }

  @Get('too-many')
  tooMany(): never {
    throw new HttpException('Slow down.', 429);
  }

  @Get('unavailable')
  unavailable(): never {
    throw new ServiceUnavailableException('Later.');
  }
}

const JSON_HEADERS = { ...ADA, 'content-type': 'application/json' };

let server: HttpApp;

beforeAll(async () => {
  server = await startHttpApp({ controllers: [EchoController, FailuresController] });
});

afterAll(() => server.close());

function post(body: RequestInit['body'], headers: Record<string, string> = JSON_HEADERS): Promise<Response> {
  return server.call('POST', '/v1/joblib/echo', { body, headers });
}

async function problem(response: Response): Promise<{ id: string; status: number; document: Record<string, unknown> }> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const document = (await response.json()) as Record<string, unknown>;
  expect(document['status']).toBe(response.status);
  return { id: String(document['type']).replace('/v1/problems/', ''), status: response.status, document };
}

/** A body that is sent in two parts without announcing its length. */
function chunked(...parts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
}

describe('authentication', () => {
  it('gives the caller to the handler', async () => {
    const response = await post('{"payload":{"a":1}}');
    expect(response.status).toBe(202);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({ caller: 'ada', payload: { a: 1 } });
  });

  it.each([
    ['without a token', {}],
    ['with a bad token', { authorization: 'Basic ada' }],
  ])('refuses a request %s and names the scheme', async (_case, headers) => {
    const response = await server.call('GET', '/v1/joblib/echo/media-type', { headers });
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await problem(response)).toMatchObject({ id: 'unauthorized', status: 401 });
  });

  it.each([
    ['a malformed', '{'],
    ['a wrong', '[]'],
    ['a too large', 'x'.repeat(MAX_BODY_BYTES + 1)],
  ])('comes before %s body', async (_case, body) => {
    expect(await problem(await post(body, { 'content-type': 'text/strange' }))).toMatchObject({ id: 'unauthorized' });
  });
});

describe('a body', () => {
  it.each(['application/json; charset=UTF-8', 'Application/JSON', 'application/merge-patch+json', 'application/json;charset="utf-8"'])(
    'may be sent as %s',
    async (contentType) => {
      expect((await post('{"payload":{}}', { ...ADA, 'content-type': contentType })).status).toBe(202);
    },
  );

  it('may have no media type', async () => {
    expect((await post(new TextEncoder().encode('{"payload":{}}'), ADA)).status).toBe(202);
  });

  it.each(['text/plain', 'application/jsonp', 'application/json; charset=latin1', 'nonsense'])(
    'may not be sent as %s',
    async (contentType) => {
      expect(await problem(await post('{}', { ...ADA, 'content-type': contentType }))).toMatchObject({
        id: 'unsupported-media-type',
        status: 415,
      });
    },
  );

  it('may not be compressed', async () => {
    expect(await problem(await post('{}', { ...JSON_HEADERS, 'content-encoding': 'gzip' }))).toMatchObject({
      id: 'unsupported-media-type',
    });
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['empty and chunked', chunked()],
  ])('counts as {} when it is %s, whatever its media type', async (_case, body) => {
    const response = await server.call('POST', '/v1/joblib/echo', {
      body,
      headers: { ...ADA, 'content-type': 'text/plain' },
      ...({ duplex: 'half' } as object),
    });
    expect(await response.json()).toEqual({ caller: 'ada', payload: null });
  });

  it.each(['{', '{"a":1,}', 'nonsense', '\ufeff{}'])('is refused when it is no JSON: %j', async (body) => {
    expect(await problem(await post(body))).toMatchObject({ id: 'malformed-body', status: 400 });
  });

  it('is refused when it is no UTF-8', async () => {
    expect(await problem(await post(Buffer.from([0x22, 0xff, 0x22])))).toMatchObject({ id: 'malformed-body', status: 400 });
  });

  it.each(['null', '1', '"text"', '[]'])('is refused when it is JSON but no object: %s', async (body) => {
    const { id, document } = await problem(await post(body));
    expect(id).toBe('validation-error');
    expect(document['errors']).toEqual([{ pointer: '', detail: 'must be a JSON object' }]);
  });

  it('names each wrong field by a pointer', async () => {
    const { status, document } = await problem(await post('{"name":1,"payload":[]}'));
    expect(status).toBe(422);
    expect(document['detail']).toBe("'/name': name must be a string.");
    expect(document['errors']).toEqual([
      { pointer: '/name', detail: 'name must be a string' },
      { pointer: '/payload', detail: 'payload must be a JSON object' },
    ]);
  });

  it('is accepted up to the limit', async () => {
    const frame = '{"payload":{"a":""}}';
    const body = frame.replace('""', `"${'x'.repeat(MAX_BODY_BYTES - frame.length)}"`);
    expect(body).toHaveLength(MAX_BODY_BYTES);
    expect((await post(body)).status).toBe(202);
  });

  it.each([
    ['announced', () => 'x'.repeat(MAX_BODY_BYTES + 1)],
    ['chunked', () => chunked('x'.repeat(MAX_BODY_BYTES), 'x')],
  ])('is too large, whatever its media type and shape, when it is %s', async (_case, body) => {
    const response = await server.call('POST', '/v1/joblib/echo', {
      body: body(),
      headers: { ...ADA, 'content-type': 'text/plain' },
      ...({ duplex: 'half' } as object),
    });
    expect(await problem(response)).toMatchObject({ id: 'payload-too-large', status: 413 });
  });

  it('is accepted at the deepest nesting and refused beyond', async () => {
    const nested = (levels: number): string => `{"payload":${'{"a":'.repeat(levels - 2)}{}${'}'.repeat(levels - 2)}}`;
    expect((await post(nested(MAX_NESTING))).status).toBe(202);
    expect(await problem(await post(nested(MAX_NESTING + 1)))).toMatchObject({ id: 'validation-error', status: 422 });
    expect(await problem(await post('[['.repeat(30_000)))).toMatchObject({ id: 'malformed-body', status: 400 });
  });

  it('of a DELETE is ignored', async () => {
    expect(
      (await server.call('DELETE', '/v1/joblib/echo/1', { body: '{', headers: { ...ADA, 'content-type': 'text/plain' } })).status,
    ).toBe(204);
  });

  it('of a GET is ignored', async () => {
    const request = `GET /v1/joblib/echo/media-type HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ada\r\ncontent-length: 1\r\nconnection: close\r\n\r\n{`;
    expect(await readAll(connect(server.port, '127.0.0.1').end(request))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('keeps its media type for whoever looks at the request later', async () => {
    const response = await server.call('POST', '/v1/joblib/echo/media-type', {
      body: '{}',
      headers: { ...ADA, 'content-type': 'application/json; charset=utf-8' },
    });
    expect(await response.json()).toEqual({ contentType: 'application/json; charset=utf-8' });
  });

  it.each([
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    '{"n":9007199254740993,"e":1e400,"z":-0,"d":0.1000000000000000055511151231257827,"t":1e-400}',
    '{"nul":"\\u0000","lone":"\\ud800","\\ud800":1,"twice":1,"__proto__":12345678901234567890}',
  ])('comes back as it was sent: %s', async (payload) => {
    expect(await (await post(`{"payload":${payload}}`)).text()).toBe(`{"caller":"ada","payload":${payload}}`);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('a failure', () => {
  it('that nobody foresaw is a 500 with the request id, and the log has the stack', async () => {
    const lines: unknown[][] = [];
    const spy = jest.spyOn(Logger.prototype, 'error').mockImplementation((...line: unknown[]) => void lines.push(line));
    const { status, document } = await problem(await server.call('GET', '/v1/joblib/failures/unforeseen'));
    spy.mockRestore();
    expect(status).toBe(500);
    expect(JSON.stringify(document)).not.toContain('secret');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.[0]).toContain(`Request ${String(document['instance'])} failed: GET /v1/joblib/failures/unforeseen: secret detail`);
    expect(lines[0]?.[1]).toContain('FailuresController.unforeseen');
  });

  it('of the database asks to try again', async () => {
    const response = await server.call('GET', '/v1/joblib/failures/database');
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await problem(response)).toMatchObject({ id: 'database-unavailable', status: 503 });
  });

  it.each([
    ['too-many', 429, 'Too Many Requests', 'Slow down.'],
    ['unavailable', 503, 'Service Unavailable', 'Later.'],
  ])('of a host that the catalogue does not have keeps its status: %s', async (path, status, title, detail) => {
    const { document } = await problem(await server.call('GET', `/v1/joblib/failures/${path}`));
    expect(document).toEqual({ type: 'about:blank', title, status, detail });
  });
});
