import type { Transaction } from './session.js';

/** What became of one input of an operation: a value, or a refusal that changed nothing. */
export type Outcome<Output> = { readonly value: Output } | { readonly refusal: Error };

/**
 * One kind of write that many callers ask for at once. A flush hands over all inputs of a kind together, so that a set-based
 * dialect needs one statement for all of them. A thrown error rolls the whole flush back, and its inputs are tried again one by one.
 */
export interface Operation<Input, Output> {
  readonly name: string;
  /** How many rows an input is about, where it may be many: a flush takes no more than it can do in a moment. */
  weigh?(input: Input): number;
  /** @returns one outcome per input, in order. */
  perform(transaction: Transaction, inputs: readonly Input[]): Promise<Outcome<Output>[]>;
}
