import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LosslessNumber, parse as parseLosslessly } from 'lossless-json';

import { rawRequest } from './raw-request.js';
import type { RawAnswer } from './raw-request.js';
import { ROTATE, Scene, bodyOf } from './scene.js';

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
  ['500 levels', '[[1]]'.replaceAll('[', '['.repeat(248)).replaceAll(']', ']'.repeat(248))],
  ['nothing', 'null'],
  ['empty ones', '[{},[],"",0,false,null]'],
];

/** An array in an array, `depth` levels in all. */
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('JSON keeps its value', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
    await scene.aJob();
  });
  afterAll(() => scene.close());

  const send = (user: string, method: string, path: string, body?: string): Promise<RawAnswer> =>
    rawRequest(scene.server.origin, {
      method,
      path: `/v1/joblib${path}`,
      headers: { authorization: `Bearer ${user}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
    });

  /** The text of a member of an answer, by value: key order and white space do not matter, every digit does. */
  function memberOf(answer: RawAnswer, name: string, status: number): unknown {
    expect([answer.status, answer.status === status ? '' : answer.text]).toEqual([status, '']);
    return exactly((parseLosslessly(answer.text) as Record<string, unknown>)[name]);
  }

  const submit = (payload: string) => send('sue', 'POST', `/rooms/lab/tasks/${ROTATE}`, `{"payload":${payload}}`);

  async function aRunningTask(): Promise<string> {
    const { id } = await scene.aTask();
    const ids = bodyOf(200, await scene.ann.claim(undefined, { max_tasks: 100 })).tasks?.map((task) => task.id);
    expect(ids).toContain(id);
    bodyOf(200, await scene.ann.report(id, 'running'));
    return id;
  }

  describe.each(DELICATE)('%s', (_, text) => {
    const value = (): unknown => exactly(parseLosslessly(text));

    it('in a payload', async () => {
      const answer = await submit(`{"v":${text}}`);
      const expected = { v: value() };
      expect(memberOf(answer, 'payload', 202)).toEqual(expected);
      const { id } = answer.body as { id: string };
      expect(memberOf(await send('sue', 'GET', `/tasks/${id}`), 'payload', 200)).toEqual(expected);
      const list = parseLosslessly((await send('sue', 'GET', '/rooms/lab/tasks?limit=1')).text) as { items: { payload: unknown }[] };
      expect(exactly(list.items[0]?.payload)).toEqual(expected);
      const claimed = parseLosslessly((await send('ann', 'POST', '/tasks/claim', '{"max_tasks":100}')).text) as {
        tasks: { payload: unknown }[];
      };
      expect(exactly(claimed.tasks.at(-1)?.payload)).toEqual(expected);
    });

    it('in payloads of a batch', async () => {
      const answer = await send('sue', 'POST', `/rooms/lab/tasks/${ROTATE}/batch`, `{"payloads":[{},{"v":${text}}]}`);
      expect(answer.status).toBe(202);
      const { items } = parseLosslessly(answer.text) as { items: { payload: unknown }[] };
      expect(items.map(({ payload }) => exactly(payload))).toEqual([{}, { v: value() }]);
    });

    it('in a result, alone and in a batch', async () => {
      const [first, second] = [await aRunningTask(), await aRunningTask()];
      const answer = await send('ann', 'PATCH', `/tasks/${first}`, `{"status":"completed","result":${text}}`);
      expect(memberOf(answer, 'result', 200)).toEqual(value());
      expect(memberOf(await send('sue', 'GET', `/tasks/${first}`), 'result', 200)).toEqual(value());
      const batch = await send('ann', 'PATCH', '/tasks', `{"updates":[{"id":"${second}","status":"completed","result":${text}}]}`);
      const { items } = parseLosslessly(batch.text) as { items: { task: { result: unknown } }[] };
      expect(exactly(items[0]?.task.result)).toEqual(value());
    });

    it('in a schema', async () => {
      const name = encodeURIComponent(`Schema ${DELICATE.findIndex(([, each]) => each === text)}`);
      const body = `{"category":"modifiers","name":"${decodeURIComponent(name)}","schema":{"default":${text}}}`;
      expect(memberOf(await send('ann', 'PUT', '/rooms/lab/jobs', body), 'schema', 201)).toEqual({ default: value() });
      expect(memberOf(await send('ann', 'PUT', '/rooms/lab/jobs', body), 'schema', 200)).toEqual({ default: value() });
      expect(memberOf(await send('sue', 'GET', `/rooms/lab/jobs/lab:modifiers:${name}`), 'schema', 200)).toEqual({ default: value() });
    });
  });

  it.each(DELICATE.filter(([, text]) => text.startsWith('"')))('%s in an error and in a message', async (_, text) => {
    const id = await aRunningTask();
    const value = exactly(parseLosslessly(text));
    const progress = `{"current":1,"total":9007199254740993,"message":${text},"extra":1e400}`;
    const running = await send('ann', 'PATCH', `/tasks/${id}`, `{"status":"running","progress":${progress}}`);
    expect(memberOf(running, 'progress', 200)).toEqual({ current: '1', total: '9007199254740993', message: value, extra: '1e400' });
    expect(memberOf(await send('ann', 'PATCH', `/tasks/${id}`, `{"status":"failed","error":${text}}`), 'error', 200)).toEqual(value);
    expect(memberOf(await send('sue', 'GET', `/tasks/${id}`), 'error', 200)).toEqual(value);
    expect(memberOf(await send('sue', 'GET', `/tasks/${id}`), 'progress', 200)).toMatchObject({ message: value });
  });

  it('up to 500 levels in all; far deeper is a validation error', async () => {
    // The body and the payload are levels as well.
    expect((await submit(`{"v":${nested(498)}}`)).status).toBe(202);
    for (const depth of [600, 100_000]) {
      const answer = await submit(`{"v":${nested(depth)}}`);
      expect([answer.status, (answer.body as { type: string }).type]).toEqual([422, '/v1/problems/validation-error']);
    }
    expect((await submit(`{"v":"${'['.repeat(10_000)}"}`)).status).toBe(202);
  });

  it('whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 4, stringUnit: 'binary' }), async (text) => {
        expect(memberOf(await submit(`{"v":${text}}`), 'payload', 202)).toEqual({ v: exactly(parseLosslessly(text)) });
      }),
      { numRuns: 100 },
    );
  });

  it('and is the last of its keys when a key comes twice', async () => {
    expect(memberOf(await submit('{"v":1,"v":2}'), 'payload', 202)).toEqual({ v: '2' });
    expect(memberOf(await submit('{"v":1,"n":9007199254740993,"v":2}'), 'payload', 202)).toEqual({ v: '2', n: '9007199254740993' });
  });
});

/** Numbers as their digits, with what is the same number in the same words. */
function exactly(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof LosslessNumber) return digitsOf(value.value);
  if (Array.isArray(value)) return value.map(exactly);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, exactly(member)]));
}

/** `1.50e3` and `1500` are one number: digits without zeros at the ends, and where the point is. */
function digitsOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  if (significant === '') return `${sign}0`;
  return power === 0 ? sign + significant : `${sign}${significant}e${power}`;
}
