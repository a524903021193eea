import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { databases } from './databases.js';
import type { OpenDatabase } from './databases.js';

const postgres = databases.find(({ name }) => name === 'PostgreSQL');

(postgres === undefined ? describe.skip : describe)(`connections to PostgreSQL${postgres === undefined ? ' (there is none)' : ''}`, () => {
  let database: OpenDatabase;

  beforeAll(async () => {
    database = (await postgres?.open()) as OpenDatabase;
  });
  afterAll(() => database.close());

  it('plan a statement for the rows that are there, not for those that were there at first', async () => {
    const { dataSource } = database;
    await dataSource.query('CREATE TABLE growing AS SELECT 0 AS id');
    await dataSource.query('CREATE INDEX growing_by_id ON growing (id)');
    await dataSource.query('ALTER TABLE growing SET (autovacuum_enabled = off)');
    const runner = dataSource.createQueryRunner();
    try {
      await runner.query('PREPARE find (int) AS SELECT id FROM growing WHERE id = $1');
      const explain = async () => JSON.stringify(await runner.query('EXPLAIN EXECUTE find (7)'));
      for (let time = 0; time < 10; time += 1) expect(await explain()).toContain('Seq Scan');
      await runner.query('INSERT INTO growing SELECT generate_series(1, 100000)');
      expect(await explain()).toContain('growing_by_id');
    } finally {
      await runner.release();
    }
  });

  it('compile no statement, however dear a long queue makes it look', async () => {
    expect(await database.dataSource.query('SHOW jit')).toEqual([{ jit: 'off' }]);
  });
});
