import { Injectable } from '@nestjs/common';
import type { SessionMaker } from '@joblib/nestjs';
import { DataSource } from 'typeorm';
import type { QueryRunner } from 'typeorm';

/** `SESSION_MAKER`: the one way to our database, for joblib and for ourselves. */
@Injectable()
export class StudioSessions implements SessionMaker {
  /** How often each way was taken since the start. */
  readonly counts = { transactions: 0, reads: 0 };
  readonly #companions: ((session: QueryRunner) => Promise<void>)[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (session: QueryRunner) => Promise<T>): Promise<T> {
    this.counts.transactions += 1;
    return this.#inTurn(async (session) => {
      await session.startTransaction();
      try {
        const outcome = await work(session);
        for (const accompany of this.#companions) await accompany(session);
        await session.commitTransaction();
        return outcome;
      } catch (error) {
        await session.rollbackTransaction();
        throw error;
      }
    });
  }

  read<T>(work: (session: QueryRunner) => Promise<T>): Promise<T> {
    this.counts.reads += 1;
    return this.#inTurn(work);
  }

  /** Has something done at the end of every transaction, in it: both are committed, or (when it throws) neither. */
  accompany(companion: (session: QueryRunner) => Promise<void>): void {
    this.#companions.push(companion);
  }

  /** One after another: TypeORM has a single SQLite connection, and nobody may get into a transaction of others. */
  #inTurn<T>(work: (session: QueryRunner) => Promise<T>): Promise<T> {
    const done = this.#turn.then(async () => {
      const session = this.dataSource.createQueryRunner();
      try {
        return await work(session);
      } finally {
        await session.release();
      }
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
