import { describe, expect, it } from '@jest/globals';

import { nextAttemptAt } from './delivery-backoff.js';

function pausesSeconds(deliveryMaxAttempts: number, deliveryBackoffMaxSeconds: number): (number | null)[] {
  return Array.from({ length: deliveryMaxAttempts }, (_, index) => {
    const at = nextAttemptAt(index + 1, 5, { deliveryMaxAttempts, deliveryBackoffMaxSeconds });
    return at === null ? null : (at - 5) / 1000;
  });
}

describe('nextAttemptAt', () => {
  it('waits twice as long after each attempt, up to the longest pause, and gives up after the last', () => {
    expect(pausesSeconds(11, 300)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, null]);
    expect(pausesSeconds(4, 0.5)).toEqual([0.5, 0.5, 0.5, null]);
    expect(pausesSeconds(1, 300)).toEqual([null]);
  });

  it('knows no attempt after the last', () => {
    expect(nextAttemptAt(11, 5, { deliveryMaxAttempts: 10, deliveryBackoffMaxSeconds: 300 })).toBeNull();
  });

  it('does not lose itself in large numbers', () => {
    expect(nextAttemptAt(5000, 5, { deliveryMaxAttempts: 10_000, deliveryBackoffMaxSeconds: 300 })).toBe(300_005);
  });
});
