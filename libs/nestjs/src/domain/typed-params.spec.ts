import { describe, expect, it } from '@jest/globals';

import { typedParams } from './typed-params.js';

const typed = (schema: object, text: string): unknown => typedParams({ value: text }, { properties: { value: schema } })['value'];

describe('read parameters', () => {
  it.each([
    [{ type: 'integer' }, '5', 5],
    [{ type: ['number', 'null'] }, 'null', null],
    [{ type: 'boolean' }, 'true', true],
    [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, '-1', -1],
    [{ allOf: [{ type: 'array' }] }, '[1,"a"]', [1, 'a']],
    [{ enum: [1, 2] }, '2', 2],
    [{ const: false }, 'false', false],
  ])('become what %j expects: %s', (schema, text, value) => {
    expect(typed(schema, text)).toEqual(value);
  });

  it.each([
    [{ type: 'string' }, '5'],
    [{ type: ['integer', 'string'] }, '5'],
    [{ enum: ['5', 5] }, '5'],
    [{}, '5'],
    [{ minLength: 3 }, 'true'],
    [{ type: 'integer' }, 'five'],
    [{ $ref: '#/nowhere' }, '5'],
    [{ $ref: 'https://elsewhere.example' }, '5'],
  ])('stay text where %j allows it, or nothing can be read: %s', (schema, text) => {
    expect(typed(schema, text)).toBe(text);
  });

  it('follow references, also those that go round', () => {
    const schema = { properties: { a: { $ref: '#/$defs/x~1y' }, b: { $ref: '#/properties/b' } }, $defs: { 'x/y': { type: 'integer' } } };
    expect(typedParams({ a: '1', b: '1' }, schema)).toEqual({ a: 1, b: '1' });
  });

  it('that the schema does not know stay text, whatever they are called', () => {
    const params = JSON.parse('{"__proto__":"1","toString":"2"}') as Record<string, string>;
    expect(Object.entries(typedParams(params, { properties: {} }))).toEqual([
      ['__proto__', '1'],
      ['toString', '2'],
    ]);
  });
});
