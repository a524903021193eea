import fc from 'fast-check';
import { LosslessNumber, parse } from 'lossless-json';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectProblem } from './expectations.js';
import { rawRequest } from './raw-request.js';
import { NOBODY, ROTATE, Scene } from './scene.js';

/** JSON texts as a hostile client writes them: numbers of any size, escapes of any kind, keys that objects have, keys that come twice. */
const digits = fc.stringMatching(/^\d{1,40}$/);
const exponent = fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), fc.integer({ min: 0, max: 9999 })).map(([sign, power]) => sign + power);
const number = fc
  .tuple(fc.constantFrom('', '-'), digits, fc.option(digits, { nil: null }), fc.option(exponent, { nil: '' }))
  .map(([sign, whole, fraction, power]) => `${sign}${whole.replace(/^0+(?=\d)/, '')}${fraction === null ? '' : `.${fraction}`}${power}`);
const escape = fc.oneof(
  fc.constantFrom(
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\f',
    '\\n',
    '\\r',
    '\\t',
    '\\u0000',
    '\\uD800',
    '\\udc00',
    '\\ud83d\\ude00',
    '1e400',
    '[',
    '{',
    ':',
  ),
  fc.string({ maxLength: 3 }).map((text) => JSON.stringify(text).slice(1, -1)),
);
const string = fc.array(escape, { maxLength: 6 }).map((parts) => `"${parts.join('')}"`);
const memberName = fc.oneof(
  string,
  fc.constantFrom('"__proto__"', '"constructor"', '"prototype"', '"toJSON"', '"isLosslessNumber"', '"value"', '"a"', '""', '"0"'),
);
const space = fc.constantFrom('', '', ' ', '\n\t');
const { value: jsonText } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('true', 'false', 'null'),
    number,
    string,
    fc.tuple(space, fc.array(tie('value'), { maxLength: 4 })).map(([gap, items]) => `[${items.map((item) => gap + item).join(',')}${gap}]`),
    fc
      .tuple(space, fc.array(fc.tuple(memberName, tie('value')), { maxLength: 4 }))
      .map(([gap, members]) => `{${members.map(([name, member]) => `${gap}${name}${gap}:${member}`).join(',')}${gap}}`),
  ),
}));

/** Tags every value, so that no key and no number can be mistaken for another: equal exactly when the JSON values are. */
function tagged(value: unknown): unknown {
  if (value instanceof LosslessNumber) return ['number', ...numberParts(value.value)];
  if (Array.isArray(value)) return ['array', value.map(tagged)];
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [name, tagged(member)]);
  return ['object', members.sort(([left], [right]) => (left < right ? -1 : 1))];
}

/** Sign, digits without zeros at either end, power of ten of the last of them. */
function numberParts(text: string): readonly unknown[] {
  const [, sign = '', whole = '', fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const significant = all.replace(/0+$/, '');
  return significant === '' ? [sign, '0', 0] : [sign, significant, Number(power) - fraction.length + all.length - significant.length];
}

function valueOf(text: string): unknown {
  return tagged(parse(text, undefined, { onDuplicateKey: ({ newValue }) => newValue }));
}

/** The value at a path of an answer's text. */
function partOf(text: string, ...path: (string | number)[]): unknown {
  let part = parse(text) as Record<string | number, unknown>;
  for (const step of path) part = part[step] as Record<string | number, unknown>;
  return tagged(part);
}

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('any JSON text', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
    await scene.aJob();
  });
  afterAll(() => scene.close());

  async function send(
    user: string,
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string; body: unknown }> {
    return rawRequest(scene.server.origin, {
      method,
      path: `/v1/joblib${path}`,
      headers: { authorization: `Bearer ${user}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }

  async function expectOk(sending: Promise<{ status: number; text: string }>): Promise<string> {
    const { status, text } = await sending;
    expect([status, status < 300 ? '' : text]).toEqual([expect.any(Number), '']);
    return text;
  }

  const idOf = (text: string): string => (JSON.parse(text) as { id: string }).id;
  let keys = 0;

  it('has one value, whatever way it goes: submitted, sent again, read, listed, claimed, reported', async () => {
    const submitPath = `/rooms/lab/tasks/${ROTATE}`;
    await fc.assert(
      fc.asyncProperty(jsonText, jsonText, string, async (payload, result, message) => {
        const [sent, reported, said] = [valueOf(`{"v":${payload}}`), valueOf(result), valueOf(message)];
        const key = { 'idempotency-key': `key ${(keys += 1)}` };
        const submitted = await expectOk(send('sue', 'POST', submitPath, `{"payload":{"v":${payload}}}`, key));
        const id = idOf(submitted);
        expect(partOf(submitted, 'payload')).toEqual(sent);
        expect(partOf(await expectOk(send('sue', 'POST', submitPath, ` {"payload" : {"v":${payload}}} `, key)), 'payload')).toEqual(sent);
        const batch = await expectOk(send('sue', 'POST', `${submitPath}/batch`, `{"payloads":[{"v":${payload}},{"v":${result}}]}`));
        expect(partOf(batch, 'items', 0, 'payload')).toEqual(sent);
        expect(partOf(batch, 'items', 1, 'payload')).toEqual(valueOf(`{"v":${result}}`));
        const claimed = await expectOk(send('ann', 'POST', '/tasks/claim', '{"max_tasks":3}'));
        expect(partOf(claimed, 'tasks', 0, 'payload')).toEqual(sent);
        expect(partOf(claimed, 'tasks', 1, 'payload')).toEqual(sent);

        const progress = `{"current":0.1000000000000000055511151231257827,"total":9007199254740993,"message":${message}}`;
        const running = await expectOk(send('ann', 'PATCH', `/tasks/${id}`, `{"status":"running","progress":${progress}}`));
        expect(partOf(running, 'progress')).toEqual(valueOf(progress));
        const completed = await expectOk(send('ann', 'PATCH', `/tasks/${id}`, `{"status":"completed","result":${result}}`));
        expect(partOf(completed, 'result')).toEqual(reported);
        const other = (JSON.parse(claimed) as { tasks: { id: string }[] }).tasks[1]?.id ?? '';
        const failed = await expectOk(
          send('ann', 'PATCH', '/tasks', `{"updates":[{"id":"${other}","status":"failed","error":${message},"result":${result}}]}`),
        );
        expect(partOf(failed, 'items', 0, 'task', 'error')).toEqual(said);
        expect(partOf(failed, 'items', 0, 'task', 'result')).toEqual(reported);

        const read = await expectOk(send('sue', 'GET', `/tasks/${id}`));
        expect(['payload', 'result', 'progress'].map((name) => partOf(read, name))).toEqual([sent, reported, valueOf(progress)]);
        const listed = await expectOk(send('sue', 'GET', '/rooms/lab/tasks?limit=3'));
        expect(partOf(listed, 'items', 2)).toEqual(partOf(read));
        expect(partOf(listed, 'items', 1, 'error')).toEqual(said);
      }),
      { numRuns: 150 },
    );
  });

  it('has one value in a schema', async () => {
    await fc.assert(
      fc.asyncProperty(jsonText, async (text) => {
        const name = `Schema${(keys += 1)}`;
        const body = `{"category":"analysis","name":"${name}","schema":{"default":${text},"x-note":${text}}}`;
        const expected = valueOf(`{"default":${text},"x-note":${text}}`);
        expect(partOf(await expectOk(send('ann', 'PUT', '/rooms/lab/jobs', body)), 'schema')).toEqual(expected);
        expect(partOf(await expectOk(send('ann', 'PUT', '/rooms/lab/jobs', body)), 'schema')).toEqual(expected);
        expect(partOf(await expectOk(send('sue', 'GET', `/rooms/lab/jobs/lab:analysis:${name}`)), 'schema')).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('may be nested in 500 levels, wherever it stands', async () => {
    const text = nested(500);
    const { id } = await scene.aTask();
    await scene.ann.claim(undefined, { max_tasks: 100 });
    await scene.ann.report(id, 'running');
    const registered = await expectOk(
      send('ann', 'PUT', '/rooms/lab/jobs', `{"category":"modifiers","name":"Deep","schema":{"default":${text}}}`),
    );
    expect(partOf(registered, 'schema', 'default')).toEqual(valueOf(text));
    const submitted = await expectOk(send('sue', 'POST', `/rooms/lab/tasks/${ROTATE}/batch`, `{"payloads":[{"v":${text}}]}`));
    expect(partOf(submitted, 'items', 0, 'payload', 'v')).toEqual(valueOf(text));
    const reported = await expectOk(send('ann', 'PATCH', '/tasks', `{"updates":[{"id":"${id}","status":"completed","result":${text}}]}`));
    expect(partOf(reported, 'items', 0, 'task', 'result')).toEqual(valueOf(text));
    expect(partOf(await expectOk(send('sue', 'GET', '/rooms/lab/tasks?limit=2')), 'items', 0, 'payload', 'v')).toEqual(valueOf(text));
  });

  it('is refused when its body is nested in more than 512 levels, and nothing is changed', async () => {
    const calls: readonly (readonly [string, string, string, (text: string) => string])[] = [
      ['sue', 'POST', `/rooms/lab/tasks/${ROTATE}`, (text) => `{"payload":{"v":${text}}}`],
      ['ann', 'PATCH', `/tasks/${NOBODY}`, (text) => `{"status":"completed","result":[${text}]}`],
      ['ann', 'PUT', '/rooms/lab/jobs', (text) => `{"category":"modifiers","name":"Deeper","schema":{"default":${text}}}`],
      ['ann', 'POST', '/workers', (text) => `[[${text}]]`],
    ];
    const before = await scene.contents();
    for (const [user, method, path, bodyWith] of calls) {
      const answer = await rawRequest(scene.server.origin, {
        method,
        path: `/v1/joblib${path}`,
        headers: { authorization: `Bearer ${user}` },
        body: bodyWith(nested(511)),
      });
      expectProblem(answer, 'ValidationError', ['']);
    }
    expect(await scene.contents()).toEqual(before);
    await expectOk(send('sue', 'POST', `/rooms/lab/tasks/${ROTATE}`, `{"payload":{"v":${nested(510)}}}`));
  });
});
