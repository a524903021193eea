import { TASK_STATUSES } from '@joblib/contract';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Job } from '../../libs/nestjs/src/domain/job.js';
import type { TaskFilter } from '../../libs/nestjs/src/persistence/index.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

const ACTIONS = ['submit', 'claim', 'start', 'progress', 'end', 'cancel', 'undo', 'put back', 'fail', 'delete', 'roll back'] as const;
type Action = (typeof ACTIONS)[number];

const NOBODY = '01900000-0000-7000-8000-000000000000';

const ROOMS = ['room 0', 'room 1', 'room 2'];

/** The room, job and status of every task that there is. */
const FACTS = 'SELECT room_id, job_id, status FROM joblib_task';

describe.each(databases)('counts of tasks on $name', (kind) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open(kind);
  });
  afterEach(() => bench.close());

  function filtersOf(jobs: readonly Job[]): TaskFilter[] {
    return ROOMS.flatMap((roomId) =>
      [undefined, ...jobs].flatMap((job) =>
        [undefined, ...TASK_STATUSES].map((status) => ({ roomId, ...(job && { jobId: job.id }), ...(status && { status }) })),
      ),
    );
  }

  function counted(jobs: readonly Job[]): Promise<number[]> {
    return bench.read(async (session) => {
      const totals: number[] = [];
      for (const filter of filtersOf(jobs)) totals.push((await session.first(session.statements.lists.countTasks(filter)))?.total ?? 0);
      return totals;
    });
  }

  async function recounted(jobs: readonly Job[]): Promise<number[]> {
    const tasks = await bench.database.dataSource.query<{ room_id: string; job_id: string; status: string }[]>(FACTS);
    return filtersOf(jobs).map(
      ({ roomId, jobId, status }) =>
        tasks.filter((task) => task.room_id === roomId && (jobId ?? task.job_id) === task.job_id && (status ?? task.status) === task.status)
          .length,
    );
  }

  it('are what counting would say, after any mix of changes', async () => {
    const [job, other, worker] = [await bench.aJob(), await bench.aJob({ name: 'Other' }), await bench.aWorker()];
    const jobs = [job, other];
    const idsOf = async (status: string): Promise<string[]> =>
      (await bench.database.dataSource.query<{ id: string }[]>(`SELECT id FROM joblib_task WHERE status = '${status}' ORDER BY id`)).map(
        ({ id }) => id,
      );

    const act = async (action: Action, pick: number): Promise<void> => {
      const one = async (status: string): Promise<string> => {
        const ids = await idsOf(status);
        return ids[pick % Math.max(ids.length, 1)] ?? NOBODY;
      };
      bench.clock.advance(1);
      const request = {
        userId: 'ann',
        workerOfJob: new Map(jobs.map(({ id }) => [id, worker.id])),
        maxTasks: 1 + (pick % 3),
        starts: pick % 2 === 0,
      };
      const receipt = async () => ({ taskId: await one('claimed'), workerId: worker.id, attempt: 1, status: 'claimed' as const });
      const actions: Readonly<Record<Action, () => Promise<unknown>>> = {
        submit: () => bench.someTasks(jobs[pick % 2] ?? job, 1 + (pick % 4), { roomId: `room ${pick % 3}` }),
        claim: () => bench.write((tx) => bench.claims.take(tx, [request], bench.now, null)),
        start: async () => bench.report(await one('claimed'), 'running', { progress: pick % 2 === 0 ? '0.5' : null }),
        progress: async () => bench.report(await one('running'), 'running', { progress: '0.7' }),
        end: async () =>
          pick % 3 === 0
            ? bench.report(await one('claimed'), 'failed')
            : bench.report(await one('running'), pick % 3 === 1 ? 'completed' : 'failed'),
        cancel: async () => bench.report(await one(['pending', 'claimed', 'running'][pick % 3] ?? ''), 'cancelled', { userId: 'sue' }),
        undo: async () => {
          const receipts = [await receipt()];
          return bench.write((tx) => bench.claims.undo(tx, receipts));
        },
        'put back': () => bench.write((tx) => bench.claims.putBackUnstarted(tx, bench.now - 3000)),
        fail: () => bench.write((tx) => bench.tasks.failOfWorker(tx, worker.id, 'gone', bench.now)),
        delete: () => bench.write((tx) => bench.tasks.deleteCompletedBefore(tx, bench.now, 1 + (pick % 3))),
        'roll back': () => rolledBack(bench, request),
      };
      await actions[action]();
    };

    let mostPending = 0;
    const step = fc.record({ action: fc.constantFrom(...ACTIONS), pick: fc.nat(60) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
        for (const { action, pick } of steps) await act(action, pick);
        expect(await counted(jobs)).toEqual(await recounted(jobs));
        mostPending = Math.max(mostPending, (await idsOf('pending')).length);
      }),
      { numRuns: 25 },
    );
    expect(mostPending).toBeGreaterThan(0);
  });
});

/** A claim whose transaction comes to nothing. */
async function rolledBack(bench: Workbench, request: Parameters<Workbench['claims']['take']>[1][number]): Promise<void> {
  const broken = bench.write(async (tx) => {
    await bench.claims.take(tx, [request], bench.now, null);
    throw new Error('broken');
  });
  await expect(broken).rejects.toThrow('broken');
}
