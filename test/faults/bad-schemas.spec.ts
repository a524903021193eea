import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonSchema } from '@joblib/contract';

import { contentsOf } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import type { Answer } from '../support/joblib-user.js';
import { expectProblem } from './expect-problem.js';

const manyAs = `${'a'.repeat(40)}!`;

/** A schema that takes long to compile. */
const VAST: JsonSchema = {
  properties: Object.fromEntries(Array.from({ length: 15_000 }, (_, index) => [`p${index}`, { type: 'object', minProperties: 1 }])),
};

function doubledReferences(levels: number): JsonSchema {
  const $defs: Record<string, unknown> = { d0: { type: 'string' } };
  for (let level = 1; level <= levels; level += 1)
    $defs[`d${level}`] = { allOf: [{ $ref: `#/$defs/d${level - 1}` }, { $ref: `#/$defs/d${level - 1}` }] };
  return { properties: { text: { $ref: `#/$defs/d${levels}` } }, $defs };
}

const textLike = (pattern: string): JsonSchema => ({ properties: { text: { pattern } } });

/** Registered without a word: the trouble is in checking a payload against them. */
const HOSTILE: readonly [what: string, schema: JsonSchema, payload: unknown][] = [
  ['a pattern that backtracks', textLike('^(a+)+$'), { text: manyAs }],
  ['a lookahead that backtracks', textLike('^(?=(a+)+$)b?'), { text: manyAs }],
  ['a back-reference that backtracks', textLike('^(a+)+\\1$'), { text: manyAs }],
  ['doubled nested references', doubledReferences(40), { text: 'a' }],
  [
    'a doubled recursive reference',
    { properties: { a: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } }, required: ['b'] },
    JSON.parse(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`) as unknown,
  ],
  [
    'duplicates among many',
    { properties: { items: { uniqueItems: true } } },
    { items: [...Array.from({ length: 20_000 }, (_, id) => ({ id })), { id: 0 }] },
  ],
  ['a pattern for keys that backtracks', { propertyNames: { pattern: '^(?=(a+)+$)b?' } }, { [manyAs]: 1 }],
];

let server: JoblibApp;
let root: JoblibUser;
let other: JoblibUser;

beforeAll(async () => {
  server = await startJoblib({ settings: { payloadValidation: true } });
  root = new JoblibUser(server.origin, 'root');
  other = new JoblibUser(server.origin, 'other');
  await other.register('den:modifiers:Plain', { schema: { properties: { n: { type: 'integer' } } } });
});
afterAll(() => server.close());

/** Submits, claims, starts and completes a task of somebody who has nothing to do with it. */
async function otherWorks(): Promise<void> {
  const { status, body: task } = await other.submit('den', 'den:modifiers:Plain', { n: 1 });
  expect(status).toBe(202);
  expect((await other.claim()).body.task?.id).toBe(task.id);
  expect((await other.report(task.id, 'running')).status).toBe(200);
  expect((await other.report(task.id, 'completed', { result: 1 })).status).toBe(200);
}

/** Answers of a hostile call, during which somebody else's work went through from beginning to end. */
async function meanwhileOthersWork(send: () => Promise<Answer>): Promise<Answer> {
  const hostile = send();
  await otherWorks();
  return hostile;
}

describe('a schema that is none', () => {
  it.each<[string, unknown]>([
    ['an unknown type', { type: 'bogus' }],
    ['types that are no list', { type: { a: 1 } }],
    ['a pattern that is none', { pattern: '(' }],
    ['a pattern that is no text', { pattern: 1 }],
    ['a pattern among keys that is none', { patternProperties: { '[': {} } }],
    ['a remote reference', { $ref: 'http://localhost:1/schema.json' }],
    ['a reference to a file', { $ref: 'file:///etc/passwd' }],
    ['a reference to nothing', { $ref: '#/$defs/nothing' }],
    ['an unknown dialect', { $schema: 'http://localhost:1/dialect' }],
    ['a bound that is no number', { minimum: 'one' }],
    ['required that is no list', { required: 'a' }],
    ['a schema of properties that is none', { properties: { a: 1 } }],
    ['what takes long to compile', VAST],
  ])('is 422 at once, and makes no job: %s', async (_what, schema) => {
    const before = await contentsOf(server.dataSource);
    expectProblem(await root.call('PUT', '/rooms/lab/jobs', { category: 'modifiers', name: 'Bad', schema }), 422, 'validation-error');
    expect(await contentsOf(server.dataSource)).toEqual(before);
    await otherWorks();
  });

  it('holds nobody up while it is looked at', async () => {
    const bodies = Array.from({ length: 4 }, (_, index) => ({
      category: 'modifiers',
      name: `Vast${index}`,
      schema: { ...VAST, title: String(index) },
    }));
    const answers = Promise.all(bodies.map((body) => root.call('PUT', '/rooms/lab/jobs', body)));
    await otherWorks();
    for (const answer of await answers) expectProblem(answer, 422, 'validation-error');
  });
});

describe('a schema that is a trap', () => {
  const nameOf = (what: string): string => `lab:analysis:${what}`;

  beforeEach(otherWorks);

  it.each(HOSTILE)('holds up nobody but who submits to it, and that not for long: %s', async (what, schema, payload) => {
    expect((await root.register(nameOf(what), { schema })).status).toBe(201);
    const tasks = (await server.dataSource.query<unknown[]>("SELECT * FROM joblib_task WHERE room_id = 'lab'")).length;
    const answer = await meanwhileOthersWork(() => root.call('POST', `/rooms/lab/tasks/${encodeURIComponent(nameOf(what))}`, { payload }));
    expectProblem(answer, 422, 'payload-invalid');
    expect(await server.dataSource.query<unknown[]>("SELECT * FROM joblib_task WHERE room_id = 'lab'")).toHaveLength(tasks);
  });

  it('holds up nobody when many fall into it at once', async () => {
    const [what, schema, payload] = HOSTILE[1] ?? ['', {}, {}];
    await root.register(nameOf(what), { schema });
    const order: string[] = [];
    const submit = async (): Promise<void> => {
      expectProblem(await root.call('POST', `/rooms/lab/tasks/${encodeURIComponent(nameOf(what))}`, { payload }), 422, 'payload-invalid');
      order.push('hostile');
    };
    const hostile = Array.from({ length: 8 }, submit);
    await otherWorks().then(() => order.push('other'));
    expect(order.slice(-1)).toEqual(['other']);
    await Promise.all(hostile);
    // Two threads look at them, a quarter of a second each: some of them were still waiting.
    expect(order.indexOf('other')).toBeLessThan(8);
  });
});
