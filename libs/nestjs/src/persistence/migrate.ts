import { setTimeout as delay } from 'node:timers/promises';

import type { DataSource } from 'typeorm';

/** Any number that nobody else uses: "joblib", as ASCII. */
const LOCK_KEY = 0x6a6f626c6962;

const LOOK_AGAIN_AFTER_MS = 100;

/** Runs the migrations of a DataSource that are pending; of several servers that start at once, one after another. */
export async function migrate(dataSource: DataSource): Promise<void> {
  if (dataSource.options.type === 'postgres') await migrateAlone(dataSource);
  else await dataSource.runMigrations();
}

async function migrateAlone(dataSource: DataSource): Promise<void> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    // Asking again instead of waiting in the database, where a wait is given up like any statement that takes too long.
    while (!(await takeLock())) await delay(LOOK_AGAIN_AFTER_MS);
    try {
      await dataSource.runMigrations();
    } finally {
      await queryRunner.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]);
    }
  } finally {
    await queryRunner.release();
  }

  async function takeLock(): Promise<boolean> {
    const [row] = (await queryRunner.query('SELECT pg_try_advisory_lock($1) AS taken', [LOCK_KEY])) as { taken: boolean }[];
    return row?.taken === true;
  }
}
