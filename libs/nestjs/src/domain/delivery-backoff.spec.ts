import { describe, expect, it } from '@jest/globals';

import { nextAttemptAt } from './delivery-backoff.js';

describe('nextAttemptAt', () => {
  it('waits twice as long after each attempt, up to five minutes, and gives up after ten', () => {
    const pausesSeconds = Array.from({ length: 10 }, (_, index) => {
      const at = nextAttemptAt(index + 1, 5);
      return at === null ? null : (at - 5) / 1000;
    });
    expect(pausesSeconds).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, null]);
    expect(nextAttemptAt(11, 5)).toBeNull();
  });
});
