import type { QueryRunner } from 'typeorm';

/** What TypeORM keeps of a runner's transactions. */
interface TransactionState {
  isTransactionActive: boolean;
  transactionDepth: number;
}

/**
 * Tells TypeORM that a transaction was begun on the runner's connection, so that what a host does with the runner (`manager.save`,
 * `manager.transaction`) becomes part of it instead of beginning and committing one of its own.
 * @returns takes that back, once the transaction has ended.
 */
export function enterTransaction(queryRunner: QueryRunner): () => void {
  const state = queryRunner as unknown as TransactionState;
  const { isTransactionActive, transactionDepth } = state;
  state.isTransactionActive = true;
  state.transactionDepth = transactionDepth + 1;
  return () => {
    state.isTransactionActive = isTransactionActive;
    state.transactionDepth = transactionDepth;
  };
}
