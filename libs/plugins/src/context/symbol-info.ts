import type { Tags } from './assertion-result.js';

/** What a symbol came to, or why it has no value. */
export type SymbolValue = { readonly ok: number | null } | { readonly error: string };

/** One symbol of a suite: a metric of a data set that assertions are made of. */
export interface SymbolInfo {
  /** `x_1`, `x_2` … */
  readonly name: string;
  /** `average(price)` */
  readonly metric: string;
  readonly dataset: string | null;
  readonly value: SymbolValue;
  readonly yyyy_mm_dd: string;
  readonly suite: string;
  readonly tags: Tags;
}
