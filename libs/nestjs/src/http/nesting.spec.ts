import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_NESTING, isNestedTooDeeply } from './nesting.js';

const nested = (levels: number, inside = ''): string => '['.repeat(levels) + inside + ']'.repeat(levels);

describe('isNestedTooDeeply', () => {
  it('accepts the deepest nesting and refuses one level more', () => {
    expect(isNestedTooDeeply(nested(MAX_NESTING, ' '.repeat(10)))).toBe(false);
    expect(isNestedTooDeeply(nested(MAX_NESTING + 1))).toBe(true);
    expect(isNestedTooDeeply(`${'{"a":'.repeat(MAX_NESTING + 1)}1${'}'.repeat(MAX_NESTING + 1)}`)).toBe(true);
  });

  it('counts depth and not brackets', () => {
    expect(isNestedTooDeeply(`[${'[],{},'.repeat(5_000)}0]`)).toBe(false);
  });

  it('takes brackets, quotes and backslashes in strings for text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('[', '{', '"', '\\', '\\"', 'a')), (characters) => {
        const text = JSON.stringify({ a: characters.join('').repeat(100), b: '['.repeat(2 * MAX_NESTING) });
        expect(isNestedTooDeeply(text)).toBe(false);
        expect(isNestedTooDeeply(`[${text},${nested(MAX_NESTING)}]`)).toBe(true);
      }),
    );
  });
});
