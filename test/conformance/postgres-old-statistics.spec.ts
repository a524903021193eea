import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Statement } from '../../libs/nestjs/src/persistence/statement.js';
import type { Job } from '../../libs/nestjs/src/domain/job.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

const TASKS = 5000;
const postgres = databases.find(({ name }) => name === 'PostgreSQL');

(postgres === undefined ? describe.skip : describe)(
  `a queue that PostgreSQL thinks is long${postgres === undefined ? ' (there is none)' : ''}`,
  () => {
    let bench: Workbench;
    let job: Job;

    // Until autovacuum looks again, up to a minute later, every task counts as pending: reading them one by one seems to find one at once.
    beforeAll(async () => {
      bench = await Workbench.open(postgres as NonNullable<typeof postgres>);
      job = await bench.aJob();
      const { dataSource } = bench.database;
      await dataSource.query('ALTER TABLE joblib_task SET (autovacuum_enabled = off)');
      await dataSource.query(
        `INSERT INTO joblib_task (id, job_id, job_name, room_id, created_by_id, status, payload, attempt, created_at)
         SELECT gen_random_uuid(), $1, 'lab:modifiers:Rotate', 'lab', 'ann', 'pending', '{}', 0, number FROM generate_series(1, ${TASKS}) number`,
        [job.id],
      );
      await dataSource.query('ANALYZE');
      await dataSource.query(`UPDATE joblib_task SET status = 'completed', claimed_at = 1, completed_at = 2`);
    });
    afterAll(() => bench.close());

    /** How many rows of tasks it looked at in vain. */
    async function wasted({ sql, values }: Statement): Promise<number> {
      const rows = await bench.database.dataSource.query<{ 'QUERY PLAN': string }[]>(`EXPLAIN (ANALYZE) ${sql}`, [...values]);
      const removed = rows.flatMap((row) => /Rows Removed by Filter: (\d+)/.exec(row['QUERY PLAN'])?.slice(1) ?? []);
      return removed.reduce((sum, count) => sum + Number(count), 0);
    }

    it.each(['withPending', 'oldestPending', 'oldestPendingOf', 'findOrphans', 'retireOrphans'] as const)(
      'is not read from one end to the other by %s',
      async (name) => {
        const { claims, jobs } = bench.database.statements;
        const statements: Record<typeof name, readonly Statement[]> = {
          withPending: claims.withPending([job.id]),
          oldestPending: claims.oldestPending([{ jobId: job.id, limit: 1 }]),
          oldestPendingOf: claims.oldestPendingOf?.([{ workerId: job.id, quantity: 1 }]) ?? [],
          findOrphans: [jobs.findOrphans(1)],
          retireOrphans: jobs.retireOrphans([job.id], 0),
        };
        expect(statements[name].length).toBeGreaterThan(0);
        for (const statement of statements[name]) expect(await wasted(statement)).toBeLessThan(TASKS / 10);
      },
    );
  },
);
