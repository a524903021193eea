import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Job } from '../../libs/nestjs/src/domain/job.js';
import type { Task } from '../../libs/nestjs/src/domain/task.js';
import type { Worker } from '../../libs/nestjs/src/domain/worker.js';
import type { ClaimRequest } from '../../libs/nestjs/src/persistence/index.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

describe.each(databases)('claims on $name', (kind) => {
  let bench: Workbench;
  let job: Job;
  let other: Job;
  let worker: Worker;
  beforeEach(async () => {
    bench = await Workbench.open(kind);
    job = await bench.aJob();
    other = await bench.aJob({ name: 'Other' });
    worker = await bench.aWorker();
  });
  afterEach(() => bench.close());

  function asking(jobs: readonly Job[], maxTasks = 1, by: Worker = worker): ClaimRequest {
    return { userId: by.userId, workerOfJob: new Map(jobs.map(({ id }) => [id, by.id])), maxTasks, starts: false };
  }

  async function take(...requests: ClaimRequest[]): Promise<string[][]> {
    const taken = await bench.write((tx) => bench.claims.take(tx, requests, bench.now, null));
    return taken.map(({ tasks }) => tasks.map(({ id }) => id));
  }

  const receiptOf = ({ id, workerId, attempt }: Task) => ({ taskId: id, workerId: workerId ?? '', attempt, status: 'claimed' as const });

  it('finds the live jobs of workers, @internal ones apart', async () => {
    const [internal, dead, second] = [await bench.aJob({ roomId: '@internal' }), await bench.aJob({ name: 'Dead' }), await bench.aWorker()];
    await bench.write((tx) => bench.jobs.retireOrphans(tx, [dead.id], bench.now));
    for (const one of [job, internal, dead]) await bench.aLink(worker, one);
    for (const one of [job, other]) await bench.aLink(second, one);
    const jobsOf = async (workerIds: string[]) => {
      const found = await bench.read((session) => bench.claims.claimableJobs(session, workerIds));
      return new Map([...found].map(([workerId, jobs]) => [workerId, new Map(jobs.map(({ jobId, isInternal }) => [jobId, isInternal]))]));
    };
    const ofWorker = new Map([
      [job.id, false],
      [internal.id, true],
    ]);
    const ofSecond = new Map([
      [job.id, false],
      [other.id, false],
    ]);
    expect(await jobsOf([worker.id, second.id])).toEqual(
      new Map([
        [worker.id, ofWorker],
        [second.id, ofSecond],
      ]),
    );
    expect(await jobsOf([worker.id])).toEqual(new Map([[worker.id, ofWorker]]));
    expect(await jobsOf([])).toEqual(new Map());
  });

  it('takes the oldest task over all jobs and marks it', async () => {
    const [first, second] = [await bench.aTask(other), await bench.aTask(job)];
    bench.clock.advance(1);
    const taken = { status: 'claimed', workerId: worker.id, claimedById: 'ann', claimedAt: bench.now, attempt: 1 };
    expect(await bench.write((tx) => bench.claims.take(tx, [asking([job, other])], bench.now, null))).toEqual([
      { tasks: [{ ...first, ...taken }], isContended: false, isUndecided: false },
    ]);
    expect(await bench.find(first.id)).toEqual({ ...first, ...taken });
    expect(await take(asking([job, other]))).toEqual([[second.id]]);
    expect(await take(asking([job, other]))).toEqual([[]]);
  });

  it('serves many claimants in the order of asking, oldest tasks first, each task once', async () => {
    const tasks = [
      await bench.aTask(job),
      await bench.aTask(other),
      await bench.aTask(job),
      await bench.aTask(job),
      await bench.aTask(other),
    ];
    const ids = tasks.map(({ id }) => id);
    const second = await bench.aWorker({ userId: 'bob' });
    const taken = await take(asking([job], 2), asking([job, other], 2, second), asking([other], 5), asking([], 1));
    expect(taken).toEqual([[ids[0], ids[2]], [ids[1], ids[3]], [ids[4]], []]);
    expect(await bench.find(ids[1] ?? '')).toMatchObject({ workerId: second.id, claimedById: 'bob' });
  });

  it('looks again when a task was gone by the time it was to be taken', async () => {
    const [stale, next] = [await bench.aTask(job), await bench.aTask(job)];
    // What somebody on another server does between the look and the take, seen from here: the first look is out of date.
    const taken = await bench.write(async (tx) => {
      const look = tx.all.bind(tx);
      let isFirstLook = true;
      tx.all = async (statements) => {
        const rows = await look(statements);
        if (isFirstLook) {
          isFirstLook = false;
          await look(tx.statements.tasks.report([{ ...CANCEL, taskId: stale.id, now: bench.now }]));
        }
        return rows;
      };
      return bench.claims.take(tx, [asking([job])], bench.now, null);
    });
    expect(taken.map(({ tasks }) => tasks.map(({ id }) => id))).toEqual([[next.id]]);
    expect((await bench.find(stale.id))?.status).toBe('cancelled');
  });

  it('undoes exactly the claim of a receipt', async () => {
    const [older, younger] = [await bench.aTask(job), await bench.aTask(job)];
    await take(asking([job]));
    const claimed = (await bench.find(older.id)) as Task;
    const undo = (receipt: ReturnType<typeof receiptOf>) => bench.write((tx) => bench.claims.undo(tx, [receipt]));
    expect(await undo({ ...receiptOf(claimed), attempt: 2 })).toEqual([]);
    expect(await undo({ ...receiptOf(claimed), workerId: bench.ids.next().id })).toEqual([]);
    expect(await bench.find(older.id)).toEqual(claimed);
    expect(await undo(receiptOf(claimed))).toEqual([older]);
    expect(await bench.find(older.id)).toEqual(older);
    expect(await undo(receiptOf(claimed))).toEqual([]);
    expect(await take(asking([job], 2))).toEqual([[older.id, younger.id]]);
  });

  it('does not undo what was started', async () => {
    const claimed = await bench.aClaimedTask(job, worker);
    await bench.report(claimed.id, 'running');
    expect(await bench.write((tx) => bench.claims.undo(tx, [receiptOf(claimed)]))).toEqual([]);
    expect((await bench.find(claimed.id))?.status).toBe('running');
  });

  it('puts back what was claimed too long ago and not started; the attempt counts', async () => {
    const [unstarted, started] = [await bench.aClaimedTask(job, worker), await bench.aClaimedTask(job, worker)];
    await bench.report(started.id, 'running');
    bench.clock.advance(1);
    const fresh = await bench.aClaimedTask(other, worker);
    const putBack = () => bench.write((tx) => bench.claims.putBackUnstarted(tx, bench.now));
    const asBefore = { status: 'pending', workerId: null, claimedById: null, claimedAt: null, attempt: 1 };
    expect(await putBack()).toEqual([{ ...unstarted, ...asBefore }]);
    expect(await putBack()).toEqual([]);
    expect(await bench.find(fresh.id)).toEqual(fresh);
    expect((await bench.find(started.id))?.status).toBe('running');
  });

  it('tells which jobs have something pending', async () => {
    await bench.aTask(job);
    await bench.aClaimedTask(other, worker);
    expect(await bench.read((session) => bench.claims.withPending(session, [other.id, job.id]))).toEqual([job.id]);
    expect(await bench.read((session) => bench.claims.withPending(session, []))).toEqual([]);
  });
});

const CANCEL = { status: 'cancelled', result: null, error: null, progress: null, userId: 'sue', isSuperuser: false } as const;
