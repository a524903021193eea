import { afterAll, describe, expect, it } from '@jest/globals';
import { ProblemError } from '@joblib/contract';
import type { JsonSchema } from '@joblib/contract';
import { SchemaChecker } from './schema-checker.js';

// What is to be accepted is, also on a machine that is busy with something else.
const checker = new SchemaChecker({ checkMs: 10_000 });
afterAll(() => checker.close());

const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2019 = 'https://json-schema.org/draft/2019-09/schema';
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';

/** The errors of the problem that a check ended in; none when it passed. */
async function errorsOf(check: Promise<void>): Promise<readonly { pointer: string; detail: string }[]> {
  try {
    await check;
    return [];
  } catch (error) {
    if (error instanceof ProblemError && error.errors !== undefined) return error.errors;
    throw error;
  }
}

const schemaErrors = (schemaText: string) => errorsOf(checker.assertValidSchema(JSON.parse(schemaText) as JsonSchema, schemaText));
const payloadErrors = (schema: unknown, payloadText: string) =>
  errorsOf(checker.assertPayload(JSON.stringify(schema), JSON.parse(payloadText)));

function nested(levels: number, wrap: (inner: unknown) => unknown, innermost: unknown): unknown {
  let schema = innermost;
  for (let level = 0; level < levels; level += 1) schema = wrap(schema);
  return schema;
}

describe('assertValidSchema', () => {
  it.each([
    ['an empty schema', {}],
    ['unknown keywords', { path: { type: 'string' }, discriminator: { propertyName: 'kind' }, id: 7, nullable: true, $async: true }],
    ['unknown formats', { type: 'string', format: 'atoms' }],
    ['draft-07', { $schema: DRAFT_07, definitions: { a: { type: 'string' } }, items: [{ $ref: '#/definitions/a' }] }],
    ['2019-09', { $schema: DRAFT_2019, $defs: { a: { $anchor: 'a' } }, $ref: '#a' }],
    ['2020-12', { $schema: `${DRAFT_2020}#`, prefixItems: [{ $dynamicRef: '#n' }], $defs: { n: { $dynamicAnchor: 'n' } } }],
    ['a recursive reference', { properties: { children: { items: { $ref: '#' } } } }],
    ['a reference into an unknown keyword', { $ref: '#/components/schemas/A', components: { schemas: { A: { type: 'string' } } } }],
    ['a reference to an embedded $id', { $id: 'http://example.com/root', $ref: 'part', $defs: { p: { $id: 'part' } } }],
    ['a reference to a metaschema', { $ref: DRAFT_2020 }],
    ['patterns of other languages', { pattern: '(?i)^\\Aabc$' }],
    ['lookaround and back-references', { pattern: '^(?=a)(b)\\1$' }],
    ['500 levels', nested(250, (inner) => ({ properties: { a: inner } }), { type: 'integer' })],
    ['500 levels of not', nested(500, (inner) => ({ not: inner }), {})],
    ['a huge enum', { enum: Array.from({ length: 40_000 }, (_, index) => `value ${index}`) }],
  ])('accepts %s', async (_name, schema) => {
    expect(await schemaErrors(JSON.stringify(schema))).toEqual([]);
  });

  it.each([
    ['a wrong type', { properties: { 'a/b': { type: 'strin' } } }, '/schema/properties/a~1b/type', 'allowed values'],
    ['a wrong keyword value', { minLength: -1 }, '/schema/minLength', 'must be >= 0'],
    ['a list for items in 2020-12', { items: [{}] }, '/schema/items', 'must be object,boolean'],
    ['an unknown dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }, '/schema/$schema', 'not known'],
    ['a dialect that is no text', { $schema: 7 }, '/schema/$schema', 'not known'],
    ['an invalid pattern', { items: { pattern: '(' } }, '/schema/items/pattern', 'no regular expression'],
    ['an invalid property pattern', { patternProperties: { '[z-a]': {} } }, '/schema/patternProperties/[z-a]', 'no regular expression'],
    ['a remote reference', { items: { $ref: 'http://example.com/a.json' } }, '/schema/items/$ref', 'never fetched'],
    ['a relative reference', { $ref: 'a.json' }, '/schema/$ref', 'never fetched'],
    ['an unknown anchor', { $ref: '#nowhere' }, '/schema/$ref', 'never fetched'],
    ['a reference to nothing', { not: { $ref: '#/$defs/a' } }, '/schema/not/$ref', 'leads to no schema'],
    ['a reference to what every object inherits', { $ref: '#/constructor' }, '/schema/$ref', 'leads to no schema'],
    ['a reference to a text', { title: 'a', $ref: '#/title' }, '/schema/$ref', 'leads to no schema'],
    ['a wrong schema behind a reference', { $ref: '#/x', x: { minLength: 'a' } }, '/schema', 'minLength'],
  ])('refuses %s', async (_name, schema, pointer, words) => {
    const errors = await schemaErrors(JSON.stringify(schema));
    expect(errors).toContainEqual({ pointer, detail: expect.stringContaining(words) });
  });

  it('holds a schema against the metaschema of its own dialect', async () => {
    const errors = await schemaErrors(JSON.stringify({ $schema: DRAFT_07, items: 'a' }));
    expect(errors[0]).toMatchObject({ pointer: '/schema/items' });
  });

  it('names at most 20 errors, in a problem of the catalogue', async () => {
    const properties = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`p${index}`, { minLength: -1 }]));
    const schema = { properties };
    const refusal = checker.assertValidSchema(schema, JSON.stringify(schema));
    await expect(refusal).rejects.toMatchObject({ problem: 'ValidationError', errors: { length: 20 } });
  });

  it('does not change the schema', async () => {
    const text = '{"properties":{"__proto__":{"type":"string"}},"nullable":true,"$async":true}';
    const schema = JSON.parse(text) as JsonSchema;
    await checker.assertValidSchema(schema, text);
    expect(JSON.stringify(schema)).toBe(text);
  });

  it('keeps two schemas with one $id apart', async () => {
    const a = { $id: 'http://example.com/same', type: 'string' };
    expect(await payloadErrors(a, '1')).toHaveLength(1);
    expect(await payloadErrors({ ...a, type: 'integer' }, '1')).toEqual([]);
    expect(await schemaErrors(JSON.stringify({ $ref: a.$id }))).toHaveLength(1);
  });
});

describe('assertPayload', () => {
  const rotate = {
    type: 'object',
    properties: { angle: { type: 'number', maximum: 360 }, axis: { $ref: '#/$defs/Axis' } },
    required: ['angle'],
    additionalProperties: false,
    $defs: { Axis: { enum: ['x', 'y', 'z'] } },
  };

  it('accepts what fits', async () => {
    expect(await payloadErrors(rotate, '{"angle":90,"axis":"x"}')).toEqual([]);
  });

  it('names every place that does not fit', async () => {
    await expect(checker.assertPayload(JSON.stringify(rotate), { angle: 400, axis: 'w', b: 1 })).rejects.toMatchObject({
      problem: 'PayloadInvalid',
    });
    expect(await payloadErrors(rotate, '{"angle":400,"axis":"w","b":1}')).toEqual(
      expect.arrayContaining([
        { pointer: '/payload', detail: "must NOT have additional properties 'b'" },
        { pointer: '/payload/angle', detail: 'must be <= 360' },
        { pointer: '/payload/axis', detail: 'must be equal to one of the allowed values: "x", "y", "z"' },
      ]),
    );
  });

  it('puts pointers where the payload stands', async () => {
    const errors = await errorsOf(checker.assertPayload('{"type":"string"}', 1, '/payloads/3'));
    expect(errors).toEqual([{ pointer: '/payloads/3', detail: 'must be string' }]);
  });

  it.each([
    ['draft-07 items', { $schema: DRAFT_07, items: [{ type: 'string' }], additionalItems: false }, '["a"]', '["a",1]'],
    ['2019-09 dependentRequired', { $schema: DRAFT_2019, dependentRequired: { a: ['b'] } }, '{"a":1,"b":1}', '{"a":1}'],
    ['2020-12 prefixItems', { prefixItems: [{ type: 'string' }], items: false }, '["a"]', '["a",1]'],
    [
      'unevaluatedProperties',
      { allOf: [{ $ref: '#/$defs/a' }], unevaluatedProperties: false, $defs: { a: { properties: { a: true } } } },
      '{"a":1}',
      '{"b":1}',
    ],
    ['a $dynamicRef', { $dynamicAnchor: 'n', properties: { n: { $dynamicRef: '#n' } }, required: ['n'] }, '{"n":1}', '{"n":{}}'],
    ['a metaschema', { $ref: DRAFT_2020 }, '{"type":"string"}', '{"type":"strin"}'],
    ['a boolean schema', false, 'null', 'null'],
    ['const', { const: { a: [1, { b: null }] } }, '{"a":[1.0,{"b":null}]}', '{"a":[1,{"b":0}]}'],
    ['const with members of every object', { const: { constructor: {} } }, '{"constructor":{}}', '{"constructor":{},"valueOf":1}'],
    ['uniqueItems', { uniqueItems: true }, '[1,"1",{"a":1,"b":2},-1]', '[{"a":1,"b":2},{"b":2,"a":1}]'],
    ['uniqueItems of zeros', { uniqueItems: true }, '[0,1]', '[0,-0]'],
    ['multipleOf of decimals', { multipleOf: 0.1 }, '0.3', '0.35'],
    ['required members of every object', { required: ['toString'] }, '{"toString":1}', '{}'],
    ['properties of every object', { properties: { valueOf: { type: 'string' } } }, '{}', '{"valueOf":1}'],
    ['Unicode white space', { pattern: '^\\s$' }, '"\\u00a0"', '"a"'],
    ['a dot', { pattern: '^.$' }, '"😀"', '"\\r"'],
    ['escaped code points', { pattern: '^\\u0041[\\u{1F600}\\-]$' }, '"A😀"', '"B-"'],
    ['two patterns', { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } }, '{"a":"a","b":"b"}', '{"a":"a","b":"a"}'],
    ['lookahead', { pattern: '^(?!b)' }, '"a"', '"b"'],
    ['back-references', { pattern: '^(.)\\1$' }, '"aa"', '"ab"'],
    ['named back-references', { pattern: '^(?<n>.)\\k<n>$' }, '"aa"', '"ab"'],
  ])('checks %s', async (_name, schema, fitting, unfitting) => {
    expect(await payloadErrors(schema, unfitting)).not.toEqual([]);
    if (schema !== false) expect(await payloadErrors(schema, fitting)).toEqual([]);
  });

  it.each([
    ['properties', '{"properties":{"__proto__":{"type":"string"}},"additionalProperties":false}', '{"__proto__":"a"}', '{"__proto__":1}'],
    ['patternProperties', '{"patternProperties":{"__proto__":{"type":"string"}}}', '{"a__proto__":"a"}', '{"a__proto__":1}'],
    ['required', '{"required":["__proto__"]}', '{"__proto__":1}', '{}'],
    ['additionalProperties', '{"additionalProperties":false}', '{}', '{"__proto__":1}'],
    ['dependentRequired', '{"dependentRequired":{"__proto__":["a"]}}', '{"a":1,"__proto__":1}', '{"__proto__":1}'],
    ['dependentSchemas', '{"dependentSchemas":{"__proto__":{"maxProperties":1}}}', '{"__proto__":1}', '{"a":1,"__proto__":1}'],
    ['const', '{"const":{"__proto__":1}}', '{"__proto__":1}', '{}'],
    ['a thread', '{"properties":{"__proto__":{"type":"string","pattern":"(?=a)"}}}', '{"__proto__":"a"}', '{"__proto__":"b"}'],
  ])('takes __proto__ as data in %s', async (_name, schemaText, fitting, unfitting) => {
    expect(await errorsOf(checker.assertPayload(schemaText, JSON.parse(fitting)))).toEqual([]);
    expect(await errorsOf(checker.assertPayload(schemaText, JSON.parse(unfitting)))).not.toEqual([]);
  });

  it('accepts a payload and a recursive schema of 500 levels', async () => {
    const tree = { type: 'array', items: { $ref: '#' } };
    expect(await payloadErrors(tree, '['.repeat(500) + ']'.repeat(500))).toEqual([]);
    expect(await payloadErrors(tree, `${'['.repeat(500)}1${']'.repeat(500)}`)).toEqual([
      { pointer: '/payload' + '/0'.repeat(500), detail: 'must be array' },
    ]);
  });

  it('refuses a payload with a clear word when its job has no usable schema', async () => {
    expect(await payloadErrors({ type: 'strin' }, '1')).toEqual([{ pointer: '/payload', detail: expect.stringContaining('not usable') }]);
  });

  it('cuts pointers and texts that would make the answer large', async () => {
    const payload = JSON.stringify({ [`a/${'b'.repeat(5_000)}`]: { c: 1 } });
    const errors = await payloadErrors({ additionalProperties: { additionalProperties: { type: 'string' } } }, payload);
    expect(errors).toEqual([{ pointer: '/payload', detail: 'must be string' }]);
  });
});
