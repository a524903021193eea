import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { contentsOf } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import type { Answer } from '../support/joblib-user.js';
import { expectProblem } from './expect-problem.js';
import { JOB, ROOM, aQueue } from './queue.js';
import type { Queue } from './queue.js';

const NOBODY = '01900000-0000-7000-8000-000000000000';
const MIB = 1024 * 1024;
const TASKS = `/rooms/${ROOM}/tasks/${JOB}`;

/** Every route that reads a body, with a body that it takes. */
const BODIES: readonly [method: string, path: string, body: Record<string, unknown>][] = [
  ['PUT', `/rooms/${ROOM}/jobs`, { category: 'modifiers', name: 'New' }],
  ['POST', TASKS, { payload: {} }],
  ['POST', `${TASKS}/batch`, { payloads: [{}] }],
  ['POST', '/tasks/claim', {}],
  ['PATCH', `/tasks/${NOBODY}`, { status: 'running' }],
  ['PATCH', '/tasks', { updates: [{ id: NOBODY, status: 'running' }] }],
];

/** These take any JSON, and nothing from it. */
const BODILESS: readonly [method: string, path: string][] = [
  ['POST', '/workers'],
  ['PATCH', `/workers/${NOBODY}`],
];

const WRITES: readonly [method: string, path: string][] = [
  ...BODIES.map(([method, path]) => [method, path] as [string, string]),
  ...BODILESS,
];

const NO_STRINGS = [1, true, {}, []];
const NO_NAMES = [undefined, null, ...NO_STRINGS, '', 'x'.repeat(256), 'nul\0', 'line\n', 'del\x7f', '\ud800', 'x\udc00'];
const NO_OBJECTS = ['text', 1, true, []];

/** Values that a field of a body must not have, by route. */
const WRONG_FIELDS: readonly [method: string, path: string, field: string, values: readonly unknown[]][] = [
  ['PUT', `/rooms/${ROOM}/jobs`, 'category', [...NO_NAMES, 'a:b']],
  ['PUT', `/rooms/${ROOM}/jobs`, 'name', NO_NAMES],
  ['PUT', `/rooms/${ROOM}/jobs`, 'schema', NO_OBJECTS],
  ['PUT', `/rooms/${ROOM}/jobs`, 'worker_id', NO_STRINGS],
  ['POST', TASKS, 'payload', [null, ...NO_OBJECTS]],
  ['POST', `${TASKS}/batch`, 'payloads', [undefined, null, 'text', 1, true, {}, [], [{}, null], [{}, 1], [[]], Array(1001).fill({})]],
  ['POST', '/tasks/claim', 'worker_id', NO_STRINGS],
  ['POST', '/tasks/claim', 'max_tasks', [0, -1, 101, 1.5, '1', true, {}, []]],
  ['PATCH', `/tasks/${NOBODY}`, 'status', [undefined, null, ...NO_STRINGS, '', 'done', 'RUNNING', 'toString']],
  ['PATCH', `/tasks/${NOBODY}`, 'error', NO_STRINGS],
  [
    'PATCH',
    `/tasks/${NOBODY}`,
    'progress',
    ['0.5', true, -0.1, 1.1, [], {}, { current: 1 }, { current: '1', total: 2 }, { current: 1, total: 2, message: 3 }],
  ],
  ['PATCH', '/tasks', 'updates', [undefined, null, 'text', {}, [], [1], [null], [{}], Array(1001).fill({ id: NOBODY, status: 'running' })]],
];

/** Values that a field of an item of `PATCH /tasks` must not have; the good item beside it is refused with it. */
const WRONG_ITEMS: readonly (readonly [field: string, values: readonly unknown[]])[] = [
  ['id', [undefined, null, ...NO_STRINGS]],
  ...WRONG_FIELDS.filter(([method, path]) => method === 'PATCH' && path !== '/tasks').map(
    ([, , field, values]) => [field, values] as const,
  ),
];

const PAGES = [
  'limit=-1',
  'limit=501',
  'limit=1e3',
  'limit=',
  'limit=abc',
  'limit=1.5',
  'limit=0x10',
  'limit=%00',
  'limit=NaN',
  `limit=${'9'.repeat(400)}`,
];
const OFFSETS = ['offset=-1', 'offset=', 'offset=1e3', 'offset=9007199254740992', `offset=${'9'.repeat(400)}`, 'offset=%F0%9F%8E%B2'];
const LISTS = ['/workers', `/rooms/${ROOM}/workers`, `/rooms/${ROOM}/jobs`, `/rooms/${ROOM}/jobs/${JOB}/tasks`, `/rooms/${ROOM}/tasks`];

let server: JoblibApp;
let queue: Queue;
let root: JoblibUser;
let stranger: JoblibUser;
let before: Record<string, unknown[]>;

beforeAll(async () => {
  server = await startJoblib({ settings: { payloadValidation: true } });
  root = new JoblibUser(server.origin, 'root');
  stranger = new JoblibUser(server.origin, 'stranger');
  queue = await aQueue(root);
});
afterAll(() => server.close());

beforeEach(async () => {
  before = await contentsOf(server.dataSource);
});

async function expectNothingChanged(): Promise<void> {
  expect(await contentsOf(server.dataSource)).toEqual(before);
  expect((await root.call('GET', `/tasks/${queue.pendingId}`)).status).toBe(200);
}

describe('a bad body', () => {
  afterEach(expectNothingChanged);

  it.each(WRITES)('that is not JSON is 400: %s %s', async (method, path) => {
    for (const body of [
      '{',
      '{"payload":}',
      'nope',
      '{"a":1}{',
      "{'a':1}",
      '{"a":01}',
      '{"a":NaN}',
      '"unended',
      '\0',
      '{"a":"\u0001"}',
      '\ufeff{}x',
    ]) {
      expectProblem(await root.call(method, path, body), 400, 'malformed-body');
    }
    expectProblem(await sendBytes(method, path, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 400, 'malformed-body');
  });

  it.each(BODIES)('that is no object is 422: %s %s', async (method, path) => {
    for (const body of ['null', 'true', '1', '"text"', '[]', '[{}]'])
      expectProblem(await root.call(method, path, body), 422, 'validation-error');
  });

  it.each(WRITES)('of another media type is 415: %s %s', async (method, path) => {
    for (const type of [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      'nonsense',
    ]) {
      expectProblem(await root.call(method, path, '{}', { 'content-type': type }), 415, 'unsupported-media-type');
    }
  });

  it.each(WRITES)('of more than 1 MiB is 413, with its length told or not: %s %s', async (method, path) => {
    const body = JSON.stringify({ payload: { text: 'x'.repeat(MIB) } });
    expectProblem(await root.call(method, path, body), 413, 'payload-too-large');
    expectProblem(await sendBytes(method, path, new Blob([body]).stream()), 413, 'payload-too-large');
  });

  it.each(BODIES)('nested without end is 422, wherever in it: %s %s', async (method, path, good) => {
    const [field = ''] = Object.keys(good);
    for (const name of [field, 'unknown', 'schema', 'result']) {
      for (const [open, close] of [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const) {
        const nest = `${open.repeat(100_000)}1${close.repeat(100_000)}`;
        expectProblem(await root.call(method, path, `{"${name}":${nest}}`), 422, 'validation-error');
      }
    }
  });

  it.each(WRONG_FIELDS)('with a wrong field is 422 and says which: %s %s %s', async (method, path, field, values) => {
    const good = BODIES.find(([knownMethod, knownPath]) => knownMethod === method && knownPath === path)?.[2];
    for (const value of values) await expectFieldRefused(method, path, { ...good, [field]: value }, `/${field}`);
  });

  it.each(WRONG_ITEMS)('with a wrong field of an item is 422 for all of them: %s', async (field, values) => {
    const good = { id: queue.claimedId, status: 'running' };
    for (const value of values)
      await expectFieldRefused('PATCH', '/tasks', { updates: [good, { ...good, [field]: value }] }, `/updates/1/${field}`);
  });

  it('with a bad idempotency key is 422', async () => {
    for (const key of ['', 'x'.repeat(256), 'é', 'tab\tin']) {
      for (const [path, body] of [
        [TASKS, {}],
        [`${TASKS}/batch`, { payloads: [{}] }],
      ] as const) {
        expectProblem(await root.call('POST', path, body, { 'idempotency-key': key }), 422, 'validation-error');
      }
    }
  });
});

describe('a bad address', () => {
  afterEach(expectNothingChanged);

  it.each(LISTS)('with an absurd page is 422: %s', async (path) => {
    for (const query of [...PAGES, ...OFFSETS]) expectProblem(await root.call('GET', `${path}?${query}`), 422, 'validation-error');
    for (const query of ['offset=9007199254740991', 'limit=0', 'limit=500&offset=1000000000000']) {
      expect(await root.call('GET', `${path}?${query}`)).toMatchObject({ status: 200, body: { items: [] } });
    }
  });

  it.each(LISTS.slice(3))('with an unknown status is 422: %s', async (path) => {
    for (const status of ['done', '', 'PENDING', "pending' OR 1=1", '%00', '__proto__']) {
      expectProblem(await root.call('GET', `${path}?status=${encodeURIComponent(status)}`), 422, 'validation-error');
    }
  });

  it('with a room that none can be is 400', async () => {
    for (const room of ['a@b', 'a:b', '@local', '@', 'nul\0', 'new\nline', 'x'.repeat(256), '🎲'.repeat(256)]) {
      const base = `/rooms/${encodeURIComponent(room)}`;
      for (const path of [`${base}/jobs`, `${base}/tasks`, `${base}/workers`, `${base}/jobs/${JOB}`, `${base}/jobs/${JOB}/tasks`]) {
        expectProblem(await root.call('GET', path), 400, 'invalid-room-id');
      }
      expectProblem(await root.call('PUT', `${base}/jobs`, { category: 'modifiers', name: 'New' }), 400, 'invalid-room-id');
      expectProblem(await root.call('POST', `${base}/tasks/${JOB}`, {}), 400, 'invalid-room-id');
    }
  });

  it('with broken percent-encoding, or one that is no UTF-8, is 400', async () => {
    for (const broken of ['%', '%zz', '%ff', '%ED%A0%80', '%C0%80', 'a%E0%A4']) {
      for (const [method, path] of [
        ['GET', `/rooms/${broken}/jobs`],
        ['GET', `/rooms/${ROOM}/jobs/${broken}`],
        ['PATCH', `/tasks/${broken}`],
        ['DELETE', `/workers/${broken}`],
      ] as const) {
        expectProblem(await root.call(method, path, method === 'PATCH' ? { status: 'running' } : undefined), 400, 'malformed-address');
      }
    }
  });

  it('with an id or a name that nothing has is 404', async () => {
    for (const id of [NOBODY, 'x', '0', '-1', '%00', "'%20OR%201=1--", '__proto__', 'x'.repeat(5000), `%7B${NOBODY}%7D`]) {
      expectProblem(await root.call('GET', `/tasks/${id}`), 404, 'task-not-found');
      expectProblem(await root.call('PATCH', `/tasks/${id}`, { status: 'cancelled' }), 404, 'task-not-found');
      expectProblem(await root.call('PATCH', `/workers/${id}`), 404, 'worker-not-found');
      expectProblem(await root.call('DELETE', `/workers/${id}`), 404, 'worker-not-found');
      expectProblem(await root.claim(decodeURIComponent(id)), 404, 'worker-not-found');
      expectProblem(await root.register('lab:modifiers:New', { workerId: decodeURIComponent(id) }), 404, 'worker-not-found');
      expectProblem(await root.call('GET', `/rooms/${ROOM}/jobs/${id}`), 404, 'job-not-found');
      expectProblem(await root.call('POST', `/rooms/${ROOM}/tasks/${id}`, {}), 404, 'job-not-found');
      expectProblem(await root.call('POST', `/rooms/${ROOM}/tasks/lab:modifiers:${id}/batch`, { payloads: [{}] }), 404, 'job-not-found');
    }
  });

  it('that nothing is served at is 404, with another method 405', async () => {
    for (const path of ['/', '/nothing', '/rooms', '/rooms/lab', '/tasks/claim/more', '//tasks', '/tasks/']) {
      expectProblem(await root.call('GET', path), 404, 'not-found');
    }
    for (const [method, path] of [
      ['PUT', '/workers'],
      ['DELETE', `/rooms/${ROOM}/jobs`],
      ['PUT', '/tasks/claim'],
      ['POST', `/tasks/${NOBODY}`],
    ] as const) {
      const answer = await root.call(method, path);
      expectProblem(answer, 405, 'method-not-allowed');
      expect(answer.headers.get('allow')).toMatch(/[A-Z]+/);
    }
  });
});

describe("what is somebody else's", () => {
  afterEach(expectNothingChanged);

  it('is 403, or 404 where a worker is to be used', async () => {
    expectProblem(await stranger.heartbeat(queue.workerId), 403, 'forbidden');
    expectProblem(await stranger.removeWorker(queue.workerId), 403, 'forbidden');
    expectProblem(await stranger.claim(queue.workerId), 403, 'forbidden');
    expectProblem(await stranger.register('lab:modifiers:New', { workerId: queue.workerId }), 404, 'worker-not-found');
    expectProblem(await stranger.register('@global:modifiers:New'), 403, 'forbidden');
    for (const id of [queue.pendingId, queue.claimedId, queue.runningId]) {
      for (const status of ['pending', 'claimed', 'running', 'completed', 'failed', 'cancelled']) {
        expectProblem(await stranger.report(id, status), 403, 'forbidden');
      }
    }
  });

  it('is refused to who sends no token', async () => {
    for (const [method, path] of [...WRITES, ...LISTS.map((list) => ['GET', list] as const)]) {
      const answer = await root.call(method, path, undefined, { authorization: '' });
      expectProblem(answer, 401, 'unauthorized');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
  });
});

async function expectFieldRefused(method: string, path: string, body: Record<string, unknown>, pointer: string): Promise<void> {
  const answer = await root.call<{ errors?: { pointer: string }[] }>(method, path, body);
  expectProblem(answer, 422, 'validation-error');
  const pointers = answer.body.errors?.map((error) => error.pointer) ?? [];
  expect(pointers).not.toEqual([]);
  expect(pointers.filter((each) => !each.startsWith(pointer))).toEqual([]);
}

async function sendBytes(method: string, path: string, body: Buffer | ReadableStream): Promise<Answer> {
  const headers = { authorization: 'Bearer root', 'content-type': 'application/json' };
  const init = { method, headers, body, duplex: 'half' } as RequestInit;
  const response = await fetch(`${server.origin}/v1/joblib${path}`, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}
