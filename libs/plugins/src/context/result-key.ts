import type { Tags } from './assertion-result.js';

const DAY_MS = 86_400_000;

/** The day and the tags that a set of results is kept under. */
export class ResultKey {
  readonly yyyy_mm_dd: string;
  readonly tags: Tags;

  /** @throws RangeError when the day is none of the calendar: `2026-02-30`, `31.1.2026`. */
  constructor(yyyy_mm_dd: string, tags: Tags = {}) {
    if (!isDay(yyyy_mm_dd)) throw new RangeError(`'${String(yyyy_mm_dd)}' is not a day: write it as 2026-01-31.`);
    this.yyyy_mm_dd = yyyy_mm_dd;
    this.tags = Object.freeze({ ...tags });
    Object.freeze(this);
  }

  /** The same tags, `n` days earlier. */
  lag(n: number): ResultKey {
    return new ResultKey(daysBefore(this.yyyy_mm_dd, n), this.tags);
  }

  /** First and last day of the `window` days that end `lag` days before this one; both belong to it. */
  range(lag: number, window: number): readonly [first: string, last: string] {
    return [daysBefore(this.yyyy_mm_dd, lag + window - 1), daysBefore(this.yyyy_mm_dd, lag)];
  }
}

/** Whether it is a day of the calendar, written as `2026-01-31`. */
export function isDay(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const milliseconds = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(milliseconds) && dayOf(milliseconds) === value;
}

/** The day in UTC of a time in epoch milliseconds. */
export function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

function daysBefore(day: string, days: number): string {
  return dayOf(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS);
}
