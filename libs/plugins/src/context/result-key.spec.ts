import { describe, expect, it } from '@jest/globals';

import { ResultKey, dayOf, isDay } from './result-key.js';

describe('ResultKey', () => {
  it('has a day and tags, none unless given, and cannot be changed', () => {
    const key = new ResultKey('2026-01-31', { env: 'prod' });
    expect([key.yyyy_mm_dd, key.tags, new ResultKey('2026-01-31').tags]).toEqual(['2026-01-31', { env: 'prod' }, {}]);
    expect(() => Object.assign(key, { yyyy_mm_dd: '2026-02-01' })).toThrow(TypeError);
    expect(() => Object.assign(key.tags, { env: 'test' })).toThrow(TypeError);
  });

  it('lags by days, over months, years and leap days, and keeps its tags', () => {
    const key = new ResultKey('2024-03-01', { env: 'prod' });
    expect(key.lag(0).yyyy_mm_dd).toBe('2024-03-01');
    expect(key.lag(1)).toEqual(new ResultKey('2024-02-29', { env: 'prod' }));
    expect(key.lag(61).yyyy_mm_dd).toBe('2023-12-31');
  });

  it('has the first and the last day of a window that ends some days before', () => {
    const key = new ResultKey('2026-01-10');
    expect(key.range(0, 1)).toEqual(['2026-01-10', '2026-01-10']);
    expect(key.range(1, 7)).toEqual(['2026-01-03', '2026-01-09']);
  });

  it.each(['2026-02-30', '2026-13-01', '31.1.2026', '2026-1-1', '', '2026-01-31T00:00:00Z'])('refuses %j as a day', (day) => {
    expect(() => new ResultKey(day)).toThrow(RangeError);
    expect(() => new ResultKey(day)).toThrow(`'${day}' is not a day`);
  });

  it('knows days of the calendar, and the day of a time', () => {
    expect([isDay('2024-02-29'), isDay('2023-02-29'), isDay(20240229), isDay(undefined)]).toEqual([true, false, false, false]);
    expect(dayOf(Date.parse('2026-01-31T23:59:59.999Z'))).toBe('2026-01-31');
  });
});
