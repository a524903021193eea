import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';

import { checkJsonSchema } from './json-schema-check.js';

/** Schemas of what is checked, small enough to meet in values. */
const { schema: aSchema } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.record({ type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'null', 'object', 'array') }),
    fc.record({ type: fc.uniqueArray(fc.constantFrom('string', 'number', 'null', 'object'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ minimum: fc.integer({ min: -2, max: 2 }), exclusiveMaximum: fc.integer({ min: -2, max: 4 }) }, { requiredKeys: [] }),
    fc.record({ maximum: fc.integer({ min: -2, max: 2 }), exclusiveMinimum: fc.integer({ min: -4, max: 2 }) }, { requiredKeys: [] }),
    fc.record({ multipleOf: fc.constantFrom(1, 2, 0.5, 3) }),
    fc.record({ minLength: fc.nat(2), maxLength: fc.nat(3), pattern: fc.constantFrom('a', '^b', 'a$') }, { requiredKeys: [] }),
    fc.record({ enum: fc.uniqueArray(fc.constantFrom(1, 'a', null, true, 0), { minLength: 1 }) }),
    fc.record({ const: fc.constantFrom(1, 'a', null, [1], { a: 1 }) }),
    fc.record({ minItems: fc.nat(2), maxItems: fc.nat(3), uniqueItems: fc.boolean() }, { requiredKeys: [] }),
    fc.boolean(),
    fc.constant({ $ref: '#/$defs/small' }),
  ),
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.record(
      {
        properties: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('schema'), { maxKeys: 2 }),
        required: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 2 }),
        additionalProperties: tie('schema'),
        patternProperties: fc.dictionary(fc.constantFrom('a', '^c'), tie('schema'), { maxKeys: 1 }),
      },
      { requiredKeys: [] },
    ),
    fc.record({ items: tie('schema'), prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }, { requiredKeys: [] }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }), not: tie('leaf') }),
  ),
}));

const { value: aValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, '', 'a', 'ab', 'bca', '😀'),
    fc.integer({ min: -3, max: 5 }),
    fc.constantFrom(0.5, 1.5),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor'), tie('value'), { maxKeys: 3 }),
  ),
}));

function isFit(schema: Record<string, unknown>, value: unknown): boolean {
  return checkJsonSchema(schema, value).errors.length === 0;
}

/** `null`: for some nested combinations ajv writes code that does not run. */
function judgementOfAjv(schema: Record<string, unknown>, value: unknown): boolean | null {
  try {
    return new Ajv2020({ strict: false, validateSchema: false }).validate(schema, value);
  } catch {
    return null;
  }
}

describe('checkJsonSchema', () => {
  it('judges as ajv does', () => {
    fc.assert(
      fc.property(aSchema, aValue, (schema, value) => {
        const root = { allOf: [schema], $defs: { small: { type: 'integer', maximum: 2 } } };
        const judgement = judgementOfAjv(root, value);
        fc.pre(judgement !== null);
        expect([isFit(root, value), root, value]).toEqual([judgement, root, value]);
      }),
      { numRuns: 400 },
    );
  });

  it('names each field that is wrong with a JSON pointer', () => {
    const schema = {
      type: 'object',
      properties: { angle: { type: 'number' }, 'a/b': { type: 'string' }, atoms: { items: { properties: { x: { minimum: 0 } } } } },
      required: ['angle', 'axis'],
    };
    expect(checkJsonSchema(schema, { angle: '90', 'a/b': 1, atoms: [{ x: 1 }, { x: -1 }] }).errors).toEqual([
      { pointer: '/axis', detail: 'is required' },
      { pointer: '/angle', detail: 'must be number, is string' },
      { pointer: '/a~1b', detail: 'must be string, is number' },
      { pointer: '/atoms/1/x', detail: 'must be at least 0' },
    ]);
  });

  it('fills in defaults of missing properties, deep ones too, and leaves the payload as it was', () => {
    const schema = {
      properties: {
        angle: { type: 'number', default: 90 },
        axis: { $ref: '#/$defs/axis' },
        view: { properties: { zoom: { default: 1 } }, default: {} },
        list: { items: { properties: { on: { default: true } } } },
      },
      $defs: { axis: { default: 'z' } },
      required: ['angle'],
    };
    const payload = { list: [{}, { on: false }], angle: 10 };
    expect(checkJsonSchema(schema, payload)).toEqual({
      value: { list: [{ on: true }, { on: false }], angle: 10, view: { zoom: 1 } },
      errors: [],
    });
    expect(checkJsonSchema(schema, {}).value).toMatchObject({ angle: 90 });
    expect(payload).toEqual({ list: [{}, { on: false }], angle: 10 });
  });

  it('gives each payload a default of its own', () => {
    const schema = { properties: { tags: { default: [] as string[] } } };
    const first = checkJsonSchema(schema, {}).value as { tags: string[] };
    first.tags.push('mine');
    expect(checkJsonSchema(schema, {}).value).toEqual({ tags: [] });
  });

  it('follows references in themselves, and not for ever', () => {
    const tree = { properties: { child: { $ref: '#' }, name: { type: 'string' } } };
    expect(checkJsonSchema(tree, { child: { child: { name: 1 } } }).errors).toEqual([
      { pointer: '/child/child/name', detail: 'must be string, is number' },
    ]);
    expect(checkJsonSchema({ $ref: '#' }, 1).errors).toEqual([]);
    expect(checkJsonSchema({ allOf: [{ $ref: '#/allOf/0' }] }, 1).errors).toEqual([]);
    expect(checkJsonSchema({ $ref: 'https://example.org/other.json' }, 1).errors).toEqual([]);
  });

  it('ignores what it does not know', () => {
    expect(isFit({ format: 'email', title: 'x', type: 'string' }, 'nobody')).toBe(true);
  });
});
