import { PROBLEMS } from '@joblib/contract';
import { SESSION_MAKER } from '@joblib/nestjs';
import type { SessionMaker } from '@joblib/nestjs';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { expectProblem } from './expectations.js';
import { rawRequest } from './raw-request.js';
import type { RawRequest } from './raw-request.js';
import { ROTATE, Scene } from './scene.js';

describe('problem documents', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start({ settings: { maxBodyBytes: 10_000 } });
    await scene.aJob();
  });
  afterAll(() => scene.close());

  const send = (request: RawRequest) =>
    rawRequest(scene.server.origin, { ...request, headers: { authorization: 'Bearer sue', ...request.headers } });
  const submit = (body: string | Buffer, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    send({ method: 'POST', path: `/v1/joblib/rooms/lab/tasks/${ROTATE}`, body, headers });

  it.each(Object.values(PROBLEMS))('$id is explained at its address, to everybody', async ({ id, title, status, description }) => {
    const page = await rawRequest(scene.server.origin, { path: `/v1/problems/${id}`, headers: { accept: 'application/json' } });
    expect(page).toMatchObject({ status: 200, body: { type: `/v1/problems/${id}`, title, status, description } });
    const html = await rawRequest(scene.server.origin, { path: `/v1/problems/${id}`, headers: { accept: 'text/html' } });
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(html.text).toContain(title);
  });

  it('are listed at one address', async () => {
    const { body } = await rawRequest(scene.server.origin, { path: '/v1/problems' });
    expect((body as { items: { type: string }[] }).items.map(({ type }) => type)).toEqual(
      Object.values(PROBLEMS).map(({ id }) => `/v1/problems/${id}`),
    );
  });

  it('an unknown problem is not found', async () => {
    expectProblem(await rawRequest(scene.server.origin, { path: '/v1/problems/none' }), 'NotFound');
  });

  it.each([
    '{',
    '{"payload":',
    '{"payload":{}}}',
    "{'payload':{}}",
    '{payload:{}}',
    '{"a":01}',
    '{"a":NaN}',
    '\ufeff{}',
    'null x',
    '[1,]',
    '"\u0000"',
    '{"a":"\n"}',
  ])('no JSON: %j', async (body) => {
    expectProblem(await submit(body), 'MalformedBody');
  });

  it('no UTF-8', async () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80]]) {
      expectProblem(await submit(Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])), 'MalformedBody');
    }
  });

  it.each(['[]', '5', '"text"', 'null', 'true'])('JSON, but no object: %s', async (body) => {
    expectProblem(await submit(body), 'ValidationError', ['']);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=latin1',
    'json',
    'application/xml',
  ])('another media type: %s', async (mediaType) => {
    expectProblem(await submit('{}', { 'content-type': mediaType }), 'UnsupportedMediaType');
  });

  it('another content encoding', async () => {
    expectProblem(await submit('{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' }), 'UnsupportedMediaType');
  });

  it.each([
    ['application/json', { 'content-type': 'application/json' }],
    ['with a charset', { 'content-type': 'Application/JSON ; charset="UTF-8"' }],
    ['another JSON', { 'content-type': 'application/vnd.api+json' }],
    ['none', {}],
  ])('a media type that is taken for JSON: %s', async (_, headers) => {
    expect((await submit('{"payload":{"n":1}}', headers)).body).toMatchObject({ payload: { n: 1 } });
  });

  it.each(['application/json', 'text/plain', null])('an empty body is {} under any media type: %s', async (mediaType) => {
    const headers: Record<string, string> = mediaType === null ? {} : { 'content-type': mediaType };
    expect((await submit('', headers)).body).toMatchObject({ payload: {} });
  });

  it('a body that is too large, at once and for every media type', async () => {
    for (const mediaType of ['application/json', 'text/plain']) {
      expectProblem(await submit('x'.repeat(10_001), { 'content-type': mediaType }), 'PayloadTooLarge');
    }
    expect((await submit(JSON.stringify({ payload: { text: 'x'.repeat(9_900) } }))).status).toBe(202);
  });

  it.each([
    '/v1/joblib',
    '/v1/joblib/',
    '/v1/joblib/nowhere',
    '/v1/joblib/rooms',
    '/v1/joblib/rooms/lab',
    '/v1/joblib/tasks/x/y',
    '/v1/joblib/workers/',
  ])('nothing at %s', async (path) => {
    expectProblem(await send({ path }), 'NotFound');
    expectProblem(await rawRequest(scene.server.origin, { path }), 'Unauthorized');
  });

  it('a query does not change what an address is', async () => {
    expect((await send({ path: '/v1/joblib/workers?a=%zz&b' })).status).toBe(200);
    expectProblem(await send({ path: '/v1/joblib/nowhere?x=1' }), 'NotFound');
  });

  it('carry no word of what was not asked: no stack, no SQL, no file', async () => {
    const answers = [await submit('{'), await send({ path: '/v1/joblib/tasks/none' }), await send({ path: '/v1/joblib/rooms/a:b/tasks' })];
    for (const { text } of answers) expect(text).not.toMatch(/\\n\s+at |node_modules|SELECT|\.ts|\.js/);
  });

  it('leave Cross-Origin Resource Sharing to the host', async () => {
    const preflight = await send({
      method: 'OPTIONS',
      path: '/v1/joblib/workers',
      headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(404);
    for (const answer of [preflight, await send({ path: '/v1/joblib/workers', headers: { origin: 'https://example.com' } })]) {
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });
});

describe('a failure that nobody foresaw', () => {
  let scene: Scene;
  const broken = () => Promise.reject(new Error('secret: the disk is made of cheese'));
  beforeAll(async () => {
    scene = await Scene.start();
    const sessionMaker = scene.server.app.get<SessionMaker>(SESSION_MAKER, { strict: false });
    Object.assign(sessionMaker, { transaction: broken, read: broken });
  });
  afterAll(() => scene.close());

  it('is a 500 that names a request id, which the log has as well, with the reason', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const answers = [await scene.ann.createWorker(), await scene.ann.call('GET', '/workers')];
    for (const [index, { status, headers, body }] of answers.entries()) {
      const { instance, ...document } = body as unknown as { instance: string };
      expect({ status, mediaType: headers.get('content-type'), document }).toStrictEqual({
        status: 500,
        mediaType: 'application/problem+json',
        document: { type: '/v1/problems/internal-error', title: PROBLEMS.InternalError.title, status: 500, detail: expect.any(String) },
      });
      expect(JSON.stringify(body)).not.toContain('cheese');
      const line = String(logged.mock.calls[index]?.[0]);
      expect(line).toContain(instance);
      expect(line).toContain('made of cheese');
    }
    logged.mockRestore();
  });
});
