import type { QueryRunner } from 'typeorm';

/** All database access goes through here: once per flush of many operations, or once per read. */
export interface SessionMaker {
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. A session maker may hand over `nothingFollows`:
   * `work` calls it when its last statement is on its way, and the COMMIT may be sent right behind it, without waiting for the answers.
   */
  transaction<T>(work: (session: QueryRunner, nothingFollows?: () => void) => Promise<T>): Promise<T>;
  /** Runs `work` outside of any transaction of others; it only reads. */
  read<T>(work: (session: QueryRunner) => Promise<T>): Promise<T>;
}

export const SESSION_MAKER = Symbol.for('joblib/SessionMaker');
