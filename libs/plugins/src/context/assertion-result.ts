import type { Severity } from './severity.js';

export type AssertionStatus = 'PASSED' | 'FAILED' | 'SKIPPED';

/** Named values beside a result: `{ env: 'prod' }`. */
export type Tags = Readonly<Record<string, unknown>>;

/** What a metric came to, or why it could not be computed. */
export type MetricOutcome = { readonly value: number | null } | { readonly failures: readonly unknown[] };

/** One assertion of a suite and how it went. */
export interface AssertionResult {
  /** The day that it is about: `2026-01-31`. */
  readonly yyyy_mm_dd: string;
  readonly suite: string;
  readonly check: string;
  readonly assertion: string;
  readonly severity: Severity;
  readonly status: AssertionStatus;
  readonly metric: MetricOutcome;
  /** What was asserted, for a person: `average(price) > 0`. */
  readonly expression: string | null;
  readonly tags: Tags;
}

/** As results may be handed in: two older words for the status are understood. */
export type AssertionResultInput = Omit<AssertionResult, 'status'> & { readonly status: AssertionStatus | 'SUCCESS' | 'FAILURE' };

/** Every word that is understood as a status, and what it means. */
export const STATUS_WORDS: Readonly<Record<AssertionResultInput['status'], AssertionStatus>> = {
  PASSED: 'PASSED',
  SUCCESS: 'PASSED',
  FAILED: 'FAILED',
  FAILURE: 'FAILED',
  SKIPPED: 'SKIPPED',
};

export function toAssertionResult(input: AssertionResultInput): AssertionResult {
  return { ...input, status: STATUS_WORDS[input.status] };
}
