import { Mutex } from 'async-mutex';
import type { DataSource, QueryRunner } from 'typeorm';

import type { SessionMaker } from '../../ports/index.js';
import { enterTransaction } from '../enter-transaction.js';
import type { SqliteConnection } from './driver.js';

/**
 * Sessions on TypeORM's single SQLite connection. Everything that uses it, reads included, passes one first-come-first-served gate:
 * without it a second transaction would begin inside the first.
 */
export class SqliteSessionMaker implements SessionMaker {
  readonly #gate = new Mutex();

  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (session: QueryRunner) => Promise<T>): Promise<T> {
    return this.#gate.runExclusive(async () => {
      const queryRunner = this.dataSource.createQueryRunner();
      const connection = (await queryRunner.connect()) as SqliteConnection;
      connection.exec('BEGIN IMMEDIATE');
      const ended = enterTransaction(queryRunner);
      try {
        const outcome = await work(queryRunner);
        connection.exec('COMMIT');
        return outcome;
      } catch (error) {
        rollBack(connection);
        throw error;
      } finally {
        ended();
      }
    });
  }

  read<T>(work: (session: QueryRunner) => Promise<T>): Promise<T> {
    return this.#gate.runExclusive(() => work(this.dataSource.createQueryRunner()));
  }
}

function rollBack(connection: SqliteConnection): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // After some failures (a full disk, an I/O error) SQLite has already rolled back by itself, and refuses to do it twice.
  }
}
