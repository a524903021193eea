import type { QueryRunner } from 'typeorm';

/** All database access goes through here: once per flush of many operations, or once per read. */
export interface SessionMaker {
  /** Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(work: (session: QueryRunner) => Promise<T>): Promise<T>;
  /** Runs `work` outside of any transaction of others; it only reads. */
  read<T>(work: (session: QueryRunner) => Promise<T>): Promise<T>;
}

export const SESSION_MAKER = Symbol.for('joblib/SessionMaker');
