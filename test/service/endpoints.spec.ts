import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEM_MEDIA_TYPE, openApiDocument } from '@joblib/contract';
import { Playground } from './server-process.js';

const OUR_PAGE = 'https://app.example.org';
const OTHER_PAGE = 'https://evil.example.org';

const playground = new Playground();
let address: string;
let authorization: string;

beforeAll(async () => {
  const folder = playground.folder();
  authorization = `Bearer ${await playground.token(folder, ['--sub', 'alice', '--superuser'])}`;
  address = await playground.start(folder, { CORS_ORIGINS: OUR_PAGE }).listening();
});

afterAll(() => playground.clear());

describe('what operators look at', () => {
  it.each([
    ['/health/live', { status: 'ok' }],
    ['/health/ready', { status: 'ok', database: 'up' }],
  ])('answers %s without a token', async (path, body) => {
    const response = await fetch(address + path);
    expect([response.status, await response.json()]).toEqual([200, body]);
  });

  it('counts requests by route pattern, and shows what the library has done', async () => {
    const before = await metrics();
    await (await fetch(`${address}/v1/joblib/workers/some-worker`, { method: 'DELETE', headers: { authorization } })).text();
    await (await fetch(`${address}/v1/joblib/workers`, { method: 'POST', headers: { authorization } })).text();
    const after = await metrics();
    expect(after).toMatch(/^http_request_duration_seconds_count\{method="DELETE",route="\/v1\/joblib\/workers\/:\w+",status="404"\} 1$/m);
    expect(after).not.toContain('some-worker');
    expect(after).toContain('process_cpu_seconds_total');
    for (const name of ['joblib_held_claims', 'joblib_held_polls', 'joblib_swept_workers_total']) expect(figure(after, name)).toBe(0);
    expect(figure(after, 'joblib_flushes_total')).toBeGreaterThan(figure(before, 'joblib_flushes_total'));
    expect(figure(after, 'joblib_task_changes_total{status="pending"}')).toBe(0);
  });

  it('shows the API on a page whose parts are all served from here', async () => {
    const page = await (await fetch(`${address}/docs`)).text();
    const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => new URL(part ?? '', `${address}/docs`));
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) {
      expect(part.origin).toBe(address);
      const response = await fetch(part);
      expect([part.pathname, response.status]).toEqual([part.pathname, 200]);
      await response.body?.cancel();
    }
    expect(await (await fetch(`${address}/openapi.json`)).json()).toEqual(JSON.parse(JSON.stringify(openApiDocument)));
  });
});

describe('what the server refuses by itself', () => {
  it.each([
    ['an unknown address', '/nothing', 404, '/v1/problems/not-found'],
    ['broken percent-encoding', '/%E0%A4%A', 400, '/v1/problems/malformed-address'],
    ['an unknown address of the library', '/v1/joblib/nothing', 404, '/v1/problems/not-found'],
    ['broken percent-encoding below the library', '/v1/joblib/rooms/%ff/jobs', 400, '/v1/problems/malformed-address'],
  ])('is a problem document: %s', async (_what, path, status, type) => {
    const response = await fetch(address + path, { headers: { authorization } });
    expect(response.headers.get('content-type')).toBe(PROBLEM_MEDIA_TYPE);
    expect(await response.json()).toMatchObject({ type, status });
    expect(response.status).toBe(status);
  });

  it.each([
    ['bytes that are no HTTP', 'GARBAGE\r\n\r\n', 400],
    ['headers that are too large', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
  ])('is a problem document: %s', async (_what, bytes, status) => {
    const { hostname, port } = new URL(address);
    const socket = connect(Number(port), hostname);
    socket.write(bytes);
    const [head, body] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\\r\\nContent-Type: ${PROBLEM_MEDIA_TYPE.replace('+', '\\+')}`));
    expect(JSON.parse(body ?? '')).toMatchObject({ status });
  });

  it('is not the longest name there can be', async () => {
    const name = [1, 2, 3].map(() => '%F0%9F%8E%B2'.repeat(255)).join(':');
    const response = await fetch(`${address}/v1/joblib/rooms/room/jobs/${name}`, { headers: { authorization } });
    expect(await response.json()).toMatchObject({ type: '/v1/problems/job-not-found' });
  });
});

describe('pages from other origins', () => {
  it('may call and read what they need when they are configured', async () => {
    const allowed = await preflight(OUR_PAGE);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(OUR_PAGE);
    expect(allowed.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(allowed.headers.get('access-control-allow-headers')).toBe('authorization, idempotency-key');
    const response = await fetch(`${address}/v1/joblib/workers`, { headers: { origin: OUR_PAGE, authorization } });
    await response.text();
    expect(response.headers.get('access-control-allow-origin')).toBe(OUR_PAGE);
    expect(response.headers.get('access-control-expose-headers')).toContain('Preference-Applied');
  });

  it('may not when they are not', async () => {
    expect((await preflight(OTHER_PAGE)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    [OUR_PAGE, 200],
    [OTHER_PAGE, 403],
    [null, 200],
  ])('open sockets from %s: %s', async (origin, status) => {
    const headers: Record<string, string> = origin === null ? {} : { origin };
    const response = await fetch(`${address}/socket.io/?EIO=4&transport=polling`, { headers });
    await response.text();
    expect(response.status).toBe(status);
  });
});

async function metrics(): Promise<string> {
  return (await fetch(`${address}/metrics`)).text();
}

function figure(exposition: string, name: string): number {
  const line = exposition.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

async function preflight(origin: string): Promise<Response> {
  const headers = { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization, idempotency-key' };
  const response = await fetch(`${address}/v1/joblib/tasks`, { method: 'OPTIONS', headers });
  await response.text();
  return response;
}
