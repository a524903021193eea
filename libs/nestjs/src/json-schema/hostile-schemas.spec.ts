import { afterAll, describe, expect, it } from '@jest/globals';
import { SchemaChecker } from './schema-checker.js';

const checker = new SchemaChecker();
afterAll(() => checker.close());

const TOO_LONG = { errors: [{ detail: expect.stringContaining('took too long') }] };
const manyAs = 'a'.repeat(40) + '!';
/** Backtracks without end on `manyAs`; the lookahead keeps it from the engine that does not backtrack. */
const lookaheadBomb = { pattern: '^(?=(a+)+$)b?' };

function doubledReferences(levels: number): Record<string, unknown> {
  const $defs: Record<string, unknown> = { d0: { type: 'string' } };
  for (let level = 1; level <= levels; level += 1) {
    $defs[`d${level}`] = { allOf: [{ $ref: `#/$defs/d${level - 1}` }, { $ref: `#/$defs/d${level - 1}` }] };
  }
  return { $ref: `#/$defs/d${levels}`, $defs };
}

const check = (schema: unknown, payload: unknown) => checker.assertPayload(JSON.stringify(schema), payload);

describe('hostile schemas and payloads', () => {
  it.each([
    ['^(a+)+$', manyAs],
    ['(x+x+)+y', 'x'.repeat(5_000)],
    ['^(a|a)*$', manyAs],
    ['(.*)*=.*', 'b'.repeat(5_000)],
  ])('matches the pattern %s without backtracking', async (pattern, text) => {
    await expect(check({ pattern }, text)).rejects.toMatchObject({ errors: [{ detail: `must match pattern "${pattern}"` }] });
  });

  it('checks uniqueItems on 20 000 objects, and finds the one that is there twice', async () => {
    const items = Array.from({ length: 20_000 }, (_, index) => ({ id: index, name: 'atom' }));
    await expect(check({ uniqueItems: true }, items)).resolves.toBeUndefined();
    await expect(check({ uniqueItems: true }, [...items, { name: 'atom', id: 0 }])).rejects.toMatchObject({
      errors: [{ detail: 'must NOT have duplicate items' }],
    });
  });

  it.each([
    ['a lookahead that backtracks', lookaheadBomb, manyAs],
    ['a back-reference that backtracks', { pattern: '^(a+)+\\1$' }, manyAs],
    ['doubled nested references', doubledReferences(40), 'a'],
    [
      'a doubled recursive reference',
      { properties: { a: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } }, required: ['b'] },
      JSON.parse('{"a":'.repeat(60) + '1' + '}'.repeat(60)) as unknown,
    ],
  ])('ends %s', async (_name, schema, payload) => {
    await expect(check(schema, payload)).rejects.toMatchObject({ problem: 'PayloadInvalid', ...TOO_LONG });
  });

  it('ends a schema that takes long to compile', async () => {
    const schema = {
      properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`p${index}`, { type: 'object', minProperties: 1 }])),
    };
    await expect(checker.assertValidSchema(schema, JSON.stringify(schema))).rejects.toMatchObject({
      problem: 'ValidationError',
      ...TOO_LONG,
    });
  });

  it.each([
    ['not', '{"not":'],
    ['an unknown keyword', '{"a":'],
    ['lists', '{"enum":['],
  ])('answers for a schema nested 100 000 times by %s', async (_name, opening) => {
    const closing = opening.endsWith('[') ? ']}' : '}';
    const schemaText = `${opening.repeat(100_000)}{}${closing.repeat(100_000)}`;
    const outcome = await checker.assertValidSchema({}, schemaText).then(
      () => 'accepted',
      (error: { problem?: string }) => error.problem,
    );
    expect(['accepted', 'ValidationError']).toContain(outcome);
  });

  it('answers for a payload nested 100 000 times', async () => {
    const payload: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    await expect(check({ const: 1 }, payload)).rejects.toMatchObject({ problem: 'PayloadInvalid' });
    await expect(check({ items: { $ref: '#' } }, payload)).rejects.toMatchObject({ problem: 'PayloadInvalid' });
  });

  it('works again after a thread was ended', async () => {
    await expect(check({ pattern: '^(?=(a+)+$)c?' }, manyAs)).rejects.toMatchObject(TOO_LONG);
    await expect(check({ pattern: '^(?=a)' }, 'a')).resolves.toBeUndefined();
  });

  it('answers plain schemas before any of many hostile ones', async () => {
    const order: string[] = [];
    const hostile = Array.from({ length: 8 }, (_, index) =>
      check({ ...lookaheadBomb, title: `hostile ${index}` }, manyAs).catch(() => order.push('hostile')),
    );
    await check({ type: 'string', title: 'plain' }, 'a').then(() => order.push('plain'));
    expect(order).toEqual(['plain']);
    await Promise.all(hostile);
    expect(order).toHaveLength(9);
  });
});
