import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'lossless-json';
import { inheritSource, jsonTextOf, rememberSource } from './json-text.js';
import { MAX_NESTING } from './nesting.js';

/** A body as the parser gives it to a handler. */
function received(text: string): object {
  const body = JSON.parse(text) as object;
  rememberSource(body, text);
  return body;
}

describe('jsonTextOf', () => {
  it.each([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890.5',
    '0.1000000000000000055511151231257827',
    '1e400',
    '-1E+400',
    '1e-400',
    '5e-324',
    '-0',
    '-0.0',
    '-0e5',
    '[-0,1]',
    '{"a":{"b":[1,{"c":1e999}]}}',
    '{"__proto__":{"__proto__":12345678901234567890}}',
    '"\\u0000"',
    '["\\ud800","\\udc00\\ud800",12345678901234567890]',
    '{"":12345678901234567890,"toJSON":1,"isLosslessNumber":true}',
  ])('keeps %s', (value) => {
    expect(jsonTextOf(received(`{"value":${value}}`), 'value')).toBe(value);
    expect(jsonTextOf(received(`{ "value" : ${value} }`), 'value')).toBe(value);
  });

  it('keeps every number, however it is written', () => {
    const digits = fc.stringMatching(/^\d{0,24}$/);
    const literal = fc
      .tuple(fc.boolean(), fc.stringMatching(/^(?:0|[1-9]\d{0,24})$/), fc.option(digits), fc.option(fc.integer({ min: -500, max: 500 })))
      .map(
        ([isNegative, whole, fraction, exponent]) =>
          `${isNegative ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''}${exponent === null ? '' : `e${exponent}`}`,
      );
    fc.assert(
      fc.property(literal, (text) => {
        expect(exactly(jsonTextOf(received(`{"value":[${text}]}`), 'value', 0))).toEqual(exactly(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps every JSON value, with and without delicate numbers beside it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 6 }), fc.constantFrom('1', '12345678901234567890'), (value, beside) => {
        const body = received(`{"beside":${beside},"value":${JSON.stringify(value)}}`);
        expect(JSON.parse(jsonTextOf(body, 'value'))).toStrictEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('lets the last of equal keys win, like JSON.parse', () => {
    const text = '{"a":{"x":12345678901234567890,"y":1},"a":{"x":1},"a":{"z":12345678901234567891}}';
    expect(jsonTextOf(received(text), 'a')).toBe('{"z":12345678901234567891}');
  });

  it('says null for what is absent or inherited', () => {
    expect(jsonTextOf(received('{"a":1}'), 'b')).toBe('null');
    expect(jsonTextOf(received('{"a":12345678901234567890}'), 'b', 'c', 0)).toBe('null');
    expect(jsonTextOf(received('{"a":1}'), '__proto__')).toBe('null');
    expect(jsonTextOf(received('{"a":12345678901234567890}'), 'constructor')).toBe('null');
  });

  it('keeps the numbers of a program', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (numbers) => {
        const value = JSON.stringify(numbers);
        expect(jsonTextOf(received(`{"value":${value}}`), 'value')).toBe(value);
      }),
    );
  });

  it('reads what it keeps without touching the body', () => {
    const body = received('{"a":9007199254740993}');
    expect(jsonTextOf(body)).toBe('{"a":9007199254740993}');
    expect(body).toStrictEqual({ a: Number('9007199254740993') });
  });

  it('follows a copy of a part to its place', () => {
    const body = received('{"updates":[{"result":1},{"result":9007199254740993}]}');
    const copy = { result: Number('9007199254740993') };
    inheritSource(copy, body, ['updates', 1]);
    expect(jsonTextOf(copy, 'result')).toBe('9007199254740993');
  });

  it.each(['1', '12345678901234567890'])('works at the deepest nesting around %s', (leaf) => {
    const value = `${'[{"a":'.repeat(MAX_NESTING / 2)}${leaf}${'}]'.repeat(MAX_NESTING / 2)}`;
    expect(jsonTextOf(received(`{"value":${value}}`), 'value')).toBe(value);
  });
});

/** A JSON number as a sign, its digits without zeros at either end, and the power of ten of the last of them. */
function exactly(literal: string): unknown {
  const text = String(parse(literal));
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return { sign, digits: '0' };
  return { sign, digits: significant, power: Number(exponent) - fraction.length + digits.length - significant.length };
}
