import type { DataSource, QueryRunner } from 'typeorm';

import type { SessionMaker } from '../../ports/index.js';
import { unavailability } from '../database-errors.js';
import { enterTransaction } from '../enter-transaction.js';
import { gatherWrites } from './postgres-executor.js';
import type { PostgresConnection } from './postgres-executor.js';

/** TypeORM's runner for PostgreSQL, as far as it is used here. */
interface PooledRunner extends QueryRunner {
  /** With an error the connection is closed instead of going back to the pool. */
  releasePostgresConnection(error?: Error): Promise<void>;
}

/** Sessions on the connections of TypeORM's pool. */
export class PostgresSessionMaker implements SessionMaker {
  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (session: QueryRunner, nothingFollows: () => void) => Promise<T>): Promise<T> {
    return this.#withRunner(async (queryRunner, connection) => {
      // Whatever the database's default is: the guarded statements count on seeing what others have committed.
      gatherWrites(connection);
      const begun = connection.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      // The first statements of the work are on their way together with it, and fail with it.
      begun.catch(() => undefined);
      enterTransaction(queryRunner);
      let committing: ReturnType<PostgresConnection['query']> | undefined;
      const commit = (): ReturnType<PostgresConnection['query']> => (committing ??= connection.query('COMMIT'));
      const outcome = await work(queryRunner, () => void commit().catch(() => undefined));
      await begun;
      const { command } = await commit();
      // So PostgreSQL answers when a statement had failed: nobody told, or the COMMIT was on its way.
      if (command !== 'COMMIT') throw new Error(`The transaction was ended by ${command}.`);
      return outcome;
    });
  }

  read<T>(work: (session: QueryRunner) => Promise<T>): Promise<T> {
    return this.#withRunner(work);
  }

  async #withRunner<T>(work: (queryRunner: QueryRunner, connection: PostgresConnection) => Promise<T>): Promise<T> {
    const queryRunner = this.dataSource.createQueryRunner('master') as PooledRunner;
    let broken: Error | undefined;
    try {
      const connection = (await queryRunner.connect()) as PostgresConnection;
      try {
        return await work(queryRunner, connection);
      } catch (error) {
        broken = await rollBack(connection, error);
        throw error;
      }
    } finally {
      await queryRunner.releasePostgresConnection(broken);
    }
  }
}

/** @returns why the connection must not be used again. */
async function rollBack(connection: PostgresConnection, failure: unknown): Promise<Error | undefined> {
  if (unavailability(failure) !== null) return failure as Error;
  try {
    await connection.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
