import type { Transaction } from './session.js';

/** What became of one input of an operation: a value, or a refusal that changed nothing; or it is not known yet. */
export type Outcome<Output> = { readonly value: Output } | { readonly refusal: Error } | typeof AGAIN;

/** It changed nothing, and the transaction was over before it was known why: it is performed again, in one that can be asked. */
export const AGAIN: unique symbol = Symbol('again');

/**
 * One kind of write that many callers ask for at once. A flush hands over all inputs of a kind together, so that a set-based
 * dialect needs one statement for all of them. A thrown error rolls the whole flush back, and its inputs are tried again one by one.
 */
export interface Operation<Input, Output> {
  readonly name: string;
  /** 0, 1 or 2: kinds run in this order within a flush, on every server, so that row locks are seldom taken in a circle. */
  readonly rank: number;
  /**
   * Whether inputs may overtake those of other kinds. Claims may not, so that one server's are first in, first out, and submissions may
   * not, so that ids are in the order of their commits.
   */
  readonly isUnordered?: boolean;
  /** How many rows an input is about, where it may be many: a flush takes no more than it can do in a moment. */
  weigh?(input: Input): number;
  /** @returns one outcome per input, in order. */
  perform(transaction: Transaction, inputs: readonly Input[]): Promise<Outcome<Output>[]>;
}
