import { describe, expect, it } from '@jest/globals';

import { roundedNumberIn } from './exact-json.js';

describe('roundedNumberIn', () => {
  it.each([
    ['{"n": 12345678901234567890}', '12345678901234567890'],
    ['[1, 9007199254740993]', '9007199254740993'],
    ['0.1234567890123456789', '0.1234567890123456789'],
    ['[-1e400]', '-1e400'],
  ])('finds in %s what would be rounded', (json, token) => {
    expect(roundedNumberIn(json)).toBe(token);
  });

  it.each([
    '{"a": 0.1, "b": -1.50, "c": 15e-1, "d": 0, "e": -0.0, "f": 1e21, "g": 9007199254740992, "h": 5e-324}',
    '"12345678901234567890 \\" 9007199254740993"',
  ])('finds nothing in %s', (json) => {
    expect(roundedNumberIn(json)).toBeNull();
  });
});
