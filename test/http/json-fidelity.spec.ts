import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { expectProblem } from './expectations.js';
import { jsonString, jsonText, nested, partOf, valueOf } from './json-texts.js';
import { rawRequest } from './raw-request.js';
import type { RawAnswer } from './raw-request.js';
import { NOBODY, ROTATE, Scene, bodyOf } from './scene.js';

/** JSON texts that something on the way might change. */
const DELICATE: readonly [string, string][] = [
  ['an integer beyond 2^53', '9007199254740993'],
  ['a large integer', '123456789012345678901234567890'],
  ['a negative one', '-9007199254740993'],
  ['a long fraction', '0.1000000000000000055511151231257827021181583404541015625'],
  ['a number beyond every double', '1e400'],
  ['a number below every double', '1e-400'],
  ['negative zero', '-0'],
  ['an exponent', '1.5e300'],
  ['a NUL', '"a\\u0000b"'],
  ['a lone high surrogate', '"\\ud800"'],
  ['a lone low surrogate', '"x\\udc00y"'],
  ['surrogates in the wrong order', '"\\udc00\\ud800"'],
  ['an astral character', '"😀\\ud83d\\ude00"'],
  ['line separators', '"\u2028\u2029"'],
  ['an unnormalized character', '"e\u0301 \u00e9"'],
  ['an empty key', '{"":{"":0}}'],
  ['a NUL in a key', '{"\\u0000":1}'],
  ['a lone surrogate in a key', '{"\\udfff":1}'],
  ['a __proto__ key', '{"__proto__":{"polluted":true}}'],
  ['a constructor key', '{"constructor":{"prototype":{"polluted":true}}}'],
  ['other keys of objects', '{"toString":1,"hasOwnProperty":2,"length":3,"toJSON":4,"then":5}'],
  ['keys that look like numbers', '{"2":0,"1":0,"01":0}'],
  ['a __proto__ beside a large number', '{"__proto__":[9007199254740993],"n":1e400}'],
  ['nothing', 'null'],
  ['empty ones', '[{},[],"",0,false,null]'],
];

const SUBMIT = `/rooms/lab/tasks/${ROTATE}`;
/** Nobody claims what is submitted there. */
const LEAVE = '/rooms/lab/tasks/lab:modifiers:Left';

describe('JSON keeps its value', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
    await scene.aJob();
    bodyOf(201, await scene.eve.register('lab:modifiers:Left'));
  });
  afterAll(() => scene.close());

  const send = (user: string, method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<RawAnswer> =>
    rawRequest(scene.server.origin, {
      method,
      path: `/v1/joblib${path}`,
      headers: { authorization: `Bearer ${user}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body }),
    });

  /** The text of an answer, which has to have this status. */
  async function textOf(expectedStatus: number, ...request: Parameters<typeof send>): Promise<string> {
    const { status, text } = await send(...request);
    expect([status, status === expectedStatus ? '' : text]).toEqual([expectedStatus, '']);
    return text;
  }

  let names = 0;

  /** Submitted, sent again, claimed, reported, read and listed. `message` is the text of a string. */
  async function expectKeptByTasks(payload: string, result: string, message: string): Promise<void> {
    const [sent, reported, said] = [valueOf(`{"v":${payload}}`), valueOf(result), valueOf(message)];
    const key = { 'idempotency-key': `key ${(names += 1)}` };
    const submitted = await textOf(202, 'sue', 'POST', SUBMIT, `{"payload":{"v":${payload}}}`, key);
    expect(partOf(submitted, 'payload')).toEqual(sent);
    expect(partOf(await textOf(200, 'sue', 'POST', SUBMIT, ` {"payload" : {"v":${payload}}} `, key), 'payload')).toEqual(sent);
    const batch = await textOf(202, 'sue', 'POST', `${SUBMIT}/batch`, `{"payloads":[{"v":${payload}},{"v":${result}}]}`);
    expect([0, 1].map((index) => partOf(batch, 'items', index, 'payload'))).toEqual([sent, valueOf(`{"v":${result}}`)]);
    const claimed = await textOf(200, 'ann', 'POST', '/tasks/claim', '{"max_tasks":3}');
    expect([0, 1].map((index) => partOf(claimed, 'tasks', index, 'payload'))).toEqual([sent, sent]);

    const [id, other] = (JSON.parse(claimed) as { tasks: { id: string }[] }).tasks.map((task) => task.id);
    const progress = `{"current":0.1000000000000000055511151231257827,"total":9007199254740993,"message":${message},"extra":1e400}`;
    const running = await textOf(200, 'ann', 'PATCH', `/tasks/${id}`, `{"status":"running","progress":${progress}}`);
    expect(partOf(running, 'progress')).toEqual(valueOf(progress));
    const completed = await textOf(200, 'ann', 'PATCH', `/tasks/${id}`, `{"status":"completed","result":${result}}`);
    expect(partOf(completed, 'result')).toEqual(reported);
    const update = `{"id":"${other}","status":"failed","error":${message},"result":${result}}`;
    const failed = await textOf(200, 'ann', 'PATCH', '/tasks', `{"updates":[${update}]}`);
    expect(['error', 'result'].map((name) => partOf(failed, 'items', 0, 'task', name))).toEqual([said, reported]);

    const read = await textOf(200, 'sue', 'GET', `/tasks/${id}`);
    expect(['payload', 'result', 'progress'].map((name) => partOf(read, name))).toEqual([sent, reported, valueOf(progress)]);
    const listed = await textOf(200, 'sue', 'GET', '/rooms/lab/tasks?limit=3');
    expect(partOf(listed, 'items', 2)).toEqual(partOf(read));
    expect(partOf(listed, 'items', 1, 'error')).toEqual(said);
  }

  /** Registered, registered again, and read. */
  async function expectKeptBySchema(text: string): Promise<void> {
    const name = `Schema ${(names += 1)}`;
    const schema = `{"default":${text},"x-note":${text}}`;
    const body = `{"category":"analysis","name":"${name}","schema":${schema}}`;
    for (const status of [201, 200])
      expect(partOf(await textOf(status, 'ann', 'PUT', '/rooms/lab/jobs', body), 'schema')).toEqual(valueOf(schema));
    const path = `/rooms/lab/jobs/lab:analysis:${encodeURIComponent(name)}`;
    expect(partOf(await textOf(200, 'sue', 'GET', path), 'schema')).toEqual(valueOf(schema));
  }

  it.each(DELICATE)('%s', async (_, text) => {
    await expectKeptByTasks(text, text, text.startsWith('"') ? text : '"a message"');
    await expectKeptBySchema(text);
  });

  it('whatever a task carries', async () => {
    await fc.assert(fc.asyncProperty(jsonText, jsonText, jsonString, expectKeptByTasks), { numRuns: 150 });
  });

  it('whatever a schema holds', async () => {
    await fc.assert(fc.asyncProperty(jsonText, expectKeptBySchema), { numRuns: 60 });
  });

  it('and is the last of its keys when a key comes twice', async () => {
    for (const [twice, once] of [
      ['{"v":1,"v":2}', '{"v":2}'],
      ['{"v":1,"n":9007199254740993,"v":2}', '{"v":2,"n":9007199254740993}'],
    ] as const)
      expect(partOf(await textOf(202, 'sue', 'POST', LEAVE, `{"payload":${twice}}`), 'payload')).toEqual(valueOf(once));
  });

  it('in 500 levels, wherever they stand', async () => {
    const text = nested(500, '1e400');
    await expectKeptByTasks(text, text, '""');
    await expectKeptBySchema(text);
  });

  it('or is refused, when its body is nested in more than 512 levels, and nothing is changed', async () => {
    const calls: readonly (readonly [string, string, string, (text: string) => string])[] = [
      ['sue', 'POST', LEAVE, (text) => `{"payload":{"v":${text}}}`],
      ['ann', 'PATCH', `/tasks/${NOBODY}`, (text) => `{"status":"completed","result":[${text}]}`],
      ['ann', 'PUT', '/rooms/lab/jobs', (text) => `{"category":"modifiers","name":"Deeper","schema":{"default":${text}}}`],
      ['ann', 'POST', '/workers', (text) => `[[${text}]]`],
    ];
    const before = await scene.contents();
    for (const [user, method, path, bodyWith] of calls)
      for (const levels of [511, 100_000]) expectProblem(await send(user, method, path, bodyWith(nested(levels))), 'ValidationError', ['']);
    expect(await scene.contents()).toEqual(before);
    for (const text of [nested(510), `"${'['.repeat(10_000)}"`]) await textOf(202, 'sue', 'POST', LEAVE, `{"payload":{"v":${text}}}`);
  });
});
