import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BASE_PATH, PROBLEM_MEDIA_TYPE } from '@joblib/contract';
import * as fc from 'fast-check';

import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { JOB, ROOM, aQueue } from './queue.js';
import type { Queue } from './queue.js';

/** `JOBLIB_REQUEST_RUNS` asks for more. */
const runs = Number(process.env['JOBLIB_REQUEST_RUNS'] ?? 1500);
/** Printed with the test's name. */
const seed = Number(process.env['JOBLIB_REQUEST_SEED'] ?? Math.trunc(Math.random() * 0x7fffffff));

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | null;
  /** Which of the ids that there are stands for `ID`. */
  readonly pick: number;
}

interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Anything that a line of a request may hold. */
const printable = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 });
const anyText = fc.oneof(
  printable,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('__proto__', '', '\0', "' OR 1=1 --", 'x'.repeat(2000)),
);

/** Percent-encoded, or only so far that it can be sent. */
const segment = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'rooms',
      'jobs',
      'tasks',
      'workers',
      'claim',
      'batch',
      ROOM,
      '@global',
      '@internal',
      JOB,
      encodeURIComponent(JOB),
      'ID',
    ),
  },
  { weight: 1, arbitrary: anyText.map((some) => encodeURIComponent(some)) },
  { weight: 1, arbitrary: printable },
);

/** Routes as they are, with anything in their places; or any segments in a row. */
const route = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '/workers',
      '/workers/ID',
      '/tasks/claim',
      '/tasks',
      '/tasks/ID',
      `/rooms/${ROOM}/jobs`,
      `/rooms/${ROOM}/tasks`,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      `/rooms/${ROOM}/jobs/${JOB}`,
      `/rooms/${ROOM}/tasks/${JOB}`,
      `/rooms/${ROOM}/tasks/${JOB}/batch`,
      `/rooms/${ROOM}/workers`,
    ),
  },
  { weight: 2, arbitrary: fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`) },
);

const query = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.tuple(
          fc.constantFrom('limit', 'offset', 'status', 'x'),
          fc.oneof(printable, fc.constantFrom('0', '-1', '500', 'pending', '1e9', '%')),
        ),
        { maxLength: 3 },
      )
      .map((pairs) => `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`),
  },
);

const status = fc.constantFrom('pending', 'claimed', 'running', 'completed', 'failed', 'cancelled', 'done');
const strange = fc.jsonValue({ maxDepth: 3 });
const someId = fc.constant('ID');

/** Bodies that are nearly right. */
const nearlyRight = fc.record(
  {
    category: fc.oneof(fc.constant('modifiers'), strange),
    name: fc.oneof(anyText, fc.constant('\ud800'), strange),
    schema: fc.oneof(
      fc.record({ type: fc.constantFrom('object', 'bogus'), pattern: fc.constantFrom('^(a+)+$', '(') }, { requiredKeys: [] }),
      strange,
    ),
    worker_id: fc.oneof(someId, strange),
    max_tasks: fc.oneof(fc.integer({ min: -1, max: 101 }), strange),
    payload: fc.oneof(fc.dictionary(anyText, strange, { maxKeys: 3 }), strange),
    payloads: fc.oneof(fc.array(fc.dictionary(anyText, strange, { maxKeys: 3 }), { maxLength: 3 }), strange),
    status: fc.oneof(status, strange),
    error: fc.oneof(anyText, strange),
    result: strange,
    progress: fc.oneof(fc.double(), fc.record({ current: fc.double(), total: fc.double(), message: anyText }), strange),
    updates: fc.oneof(fc.array(fc.record({ id: someId, status, progress: strange }), { maxLength: 3 }), strange),
  },
  { requiredKeys: [] },
);

const body = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 4, arbitrary: nearlyRight.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: anyText },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
);

const headers = fc.record(
  {
    authorization: fc.oneof({ weight: 6, arbitrary: fc.constantFrom('Bearer alice', 'Bearer bob') }, { weight: 1, arbitrary: printable }),
    'content-type': fc.oneof(
      { weight: 3, arbitrary: fc.constant('application/json') },
      { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/json; charset=latin1', 'application/x+json', ',', 'a/b;;') },
      { weight: 1, arbitrary: printable },
    ),
    'content-encoding': fc.constantFrom('identity', 'gzip', 'x'),
    'idempotency-key': fc.oneof(fc.constant('once'), printable),
    prefer: fc.oneof(
      fc.constantFrom('wait=1', 'wait=-1', 'wait=1e99', 'respond-async, wait=0', 'wait="2"', 'handling=strict', ';;='),
      printable,
    ),
    'x-http-method-override': fc.constantFrom('DELETE'),
    accept: printable,
    expect: fc.constantFrom('100-continue'),
    range: fc.constant('bytes=0-1'),
  },
  { requiredKeys: [] },
);

const anyRequest: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD'),
  path: fc.tuple(route, query).map((parts) => parts.join('')),
  headers,
  body,
  pick: fc.nat({ max: 3 }),
});

const agent = new Agent({ keepAlive: true });
let server: JoblibApp;
let queue: Queue;

beforeAll(async () => {
  server = await startJoblib({ settings: { longPollMaxWaitSeconds: 0, payloadValidation: true } });
  queue = await aQueue(new JoblibUser(server.origin, 'root'));
});
afterAll(async () => {
  agent.destroy();
  await server.close();
});

/** The same with an id that there is. */
function withIds(sent: Sent): Sent {
  const id = [queue.pendingId, queue.claimedId, queue.runningId, queue.workerId][sent.pick] ?? '';
  const { path, body: content } = sent;
  return { ...sent, path: path.replaceAll('ID', id), body: typeof content === 'string' ? content.replaceAll('"ID"', `"${id}"`) : content };
}

async function send({ method, path, headers: sent, body: content }: Sent): Promise<Received> {
  const bytes = content === null ? null : Buffer.from(content);
  return new Promise((resolve, reject) => {
    const length: Record<string, string> = bytes === null ? {} : { 'content-length': String(bytes.length) };
    const call = request(
      server.origin + BASE_PATH,
      { method, agent, path: BASE_PATH + path, headers: { ...sent, ...length } },
      (response) => {
        text(response).then((received) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received }), reject);
      },
    );
    call.on('error', reject);
    call.end(bytes ?? undefined);
  });
}

function expectDecentAnswer({ method }: Sent, { status: answered, headers: received, body: content }: Received): void {
  expect(answered).toBeGreaterThanOrEqual(200);
  expect(answered).toBeLessThan(500);
  const mediaType = received['content-type']?.split(';')[0];
  if (method === 'HEAD' || answered === 204) {
    expect(content).toBe('');
    return;
  }
  const answer: unknown = JSON.parse(content);
  if (answered < 400) {
    expect(mediaType).toBe('application/json');
    return;
  }
  expect(mediaType).toBe(PROBLEM_MEDIA_TYPE);
  expect(answer).toMatchObject({ type: expect.any(String), title: expect.any(String), status: answered, detail: expect.any(String) });
}

describe('requests of any shape', () => {
  it(`are answered, and never as if the server had failed (JOBLIB_REQUEST_SEED=${seed}, ${runs} runs)`, async () => {
    const seen = new Set<number>();
    const property = fc.asyncProperty(anyRequest, async (drawn) => {
      const sent = withIds(drawn);
      const received = await send(sent);
      seen.add(received.status);
      expectDecentAnswer(sent, received);
    });
    await fc.assert(property, { seed, numRuns: runs });
    for (const expected of [200, 202, 400, 401, 403, 404, 405, 415, 422]) expect([...seen]).toContain(expected);
    expect(await queue.root.call('GET', `/rooms/${ROOM}/tasks`)).toMatchObject({ status: 200 });
    expect(await server.dataSource.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });
});
