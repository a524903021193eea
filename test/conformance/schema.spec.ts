import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { databases } from './databases.js';
import type { OpenDatabase } from './databases.js';

describe.each(databases)('the schema on $name', (kind) => {
  let database: OpenDatabase;
  beforeEach(async () => {
    database = await kind.open();
  });
  afterEach(() => database.close());

  const drift = async (): Promise<string[]> => {
    const { upQueries } = await database.dataSource.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query);
  };

  it('is after all migrations what the entities say', async () => {
    expect(await drift()).toEqual([]);
  });

  it('would be seen to differ', async () => {
    await database.dataSource.query(`DROP INDEX "joblib_task_pending"`);
    expect(await drift()).toEqual([expect.stringContaining('joblib_task_pending')]);
  });

  it('has nothing left to migrate', async () => {
    expect(await database.dataSource.showMigrations()).toBe(false);
    expect(await database.dataSource.runMigrations()).toEqual([]);
  });

  it('goes away when it is migrated down, and comes back', async () => {
    const { dataSource } = database;
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
    const runner = dataSource.createQueryRunner();
    for (const { tableName } of dataSource.entityMetadatas)
      expect([tableName, await runner.hasTable(tableName)]).toEqual([tableName, false]);
    expect(await runner.hasTable('joblib_task_count')).toBe(false);
    await runner.release();
    await dataSource.runMigrations();
    expect(await drift()).toEqual([]);
  });

  it('has all its tables under one prefix', () => {
    expect(database.dataSource.entityMetadatas.map(({ tableName }) => tableName).filter((name) => !name.startsWith('joblib_'))).toEqual([]);
  });
});
