import { describe, expect, it } from '@jest/globals';

import { failureText } from './delivery-failure.js';

describe('failureText', () => {
  it('is what was thrown', () => {
    expect([failureText(new Error('busy')), failureText('busy'), failureText(undefined)]).toEqual(['Error: busy', 'busy', 'undefined']);
  });

  it('has nothing that a database refuses', () => {
    expect(failureText('a\0b\0')).toBe('a\uFFFDb\uFFFD');
  });

  it('is no longer than some sentences', () => {
    expect(failureText('x'.repeat(2000))).toBe('x'.repeat(2000));
    expect(failureText('x'.repeat(10_000_000))).toBe(`${'x'.repeat(2000)} …`);
  });

  it.each([
    ['an object without a prototype', Object.create(null)],
    [
      'one that throws when it is asked',
      {
        toString: () => {
          throw new Error('no');
        },
      },
    ],
  ])('exists for %s', (_, thrown) => {
    expect(failureText(thrown)).toBe('The plugin threw something that cannot be written down.');
  });
});
