import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { Paced } from './paced.js';

describe('Paced', () => {
  let times = 0;
  const paced = (): Paced => new Paced(() => (times += 1), 50);
  beforeEach(() => {
    times = 0;
    jest.useFakeTimers();
  });
  afterEach(() => void jest.useRealTimers());

  it('does it at once', () => {
    paced().ask();
    expect(times).toBe(1);
  });

  it('does it once more for all who ask within the interval, at its end', () => {
    const work = paced();
    for (let count = 0; count < 9; count += 1) work.ask();
    jest.advanceTimersByTime(49);
    work.ask();
    expect(times).toBe(1);
    jest.advanceTimersByTime(1);
    expect(times).toBe(2);
    jest.advanceTimersByTime(1000);
    expect(times).toBe(2);
  });

  it('does it at once again after a while', () => {
    const work = paced();
    work.ask();
    jest.advanceTimersByTime(50);
    work.ask();
    expect(times).toBe(2);
  });

  it('does nothing any more after its end', () => {
    const work = paced();
    work.ask();
    work.ask();
    work.end();
    jest.advanceTimersByTime(1000);
    expect(times).toBe(1);
  });
});
