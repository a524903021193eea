import { TASK_STATUSES } from '@joblib/contract';
import type { ReportableStatus, TaskStatus } from '@joblib/contract';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Job } from '../../libs/nestjs/src/domain/job.js';
import type { Task } from '../../libs/nestjs/src/domain/task.js';
import type { Worker } from '../../libs/nestjs/src/domain/worker.js';
import { databases } from './databases.js';
import { CHANGE } from './sample-rows.js';
import { Workbench } from './workbench.js';

const LEGAL: Readonly<Record<ReportableStatus, readonly TaskStatus[]>> = {
  running: ['claimed'],
  completed: ['running'],
  failed: ['claimed', 'running'],
  cancelled: ['pending', 'claimed', 'running'],
};

const REPORTS = Object.keys(LEGAL) as ReportableStatus[];
const PAIRS = TASK_STATUSES.flatMap((from) => REPORTS.map((to) => ({ from, to, isLegal: LEGAL[to].includes(from) })));

describe.each(databases)('tasks on $name', (kind) => {
  let bench: Workbench;
  let job: Job;
  let worker: Worker;
  beforeEach(async () => {
    bench = await Workbench.open(kind);
    job = await bench.aJob();
    worker = await bench.aWorker();
  });
  afterEach(() => bench.close());

  /** A task in any state, reached by the statements that lead there. */
  async function aTask(status: TaskStatus): Promise<Task> {
    if (status === 'pending') return bench.aTask(job);
    const claimed = await bench.aClaimedTask(job, worker);
    if (status === 'claimed') return claimed;
    const running = await bench.report(claimed.id, 'running');
    const task = status === 'running' ? running : await bench.report(claimed.id, status);
    if (task?.status !== status) throw new Error(`No task became ${status}.`);
    return task;
  }

  it('keeps a task as it was put in, whatever characters its texts have', async () => {
    const payload = '{"a\\u0000":"\\ud800","n":123456789012345678901234567890.5e-7,"__proto__":{"😀":"\'; --"}}';
    const task = await bench.aTask(job, { payload, roomId: 'läb 😀', createdById: "o'hara" });
    expect(await bench.find(task.id)).toEqual(task);
  });

  it('finds tasks in the order that is asked for and leaves out those that are gone', async () => {
    const [first, second] = [await bench.aTask(job), await bench.aTask(job)];
    const found = await bench.read((session) => bench.tasks.findByIds(session, [second.id, bench.ids.next().id, first.id]));
    expect(found).toEqual([second, first]);
  });

  describe.each([
    { how: 'alone', others: [] },
    { how: 'together with others that are unlike it', others: [{ ...CHANGE, status: 'failed', userId: 'nobody', error: '"no"' }] },
  ] as const)('$how', ({ others }) => {
    const report = (...[taskId, status, facts]: Parameters<Workbench['report']>) => bench.report(taskId, status, facts, others);

    it.each(PAIRS)('lets a report move $from to $to: $isLegal', async ({ from, to, isLegal }) => {
      const before = await aTask(from);
      bench.clock.advance(1);
      const said = { result: '{"r":1}', error: '"e"' };
      const after = await report(before.id, to, { ...said, isSuperuser: true });
      if (!isLegal) {
        expect(after).toBeUndefined();
        expect(await bench.find(before.id)).toEqual(before);
        return;
      }
      const times = to === 'running' ? { startedAt: bench.now } : { completedAt: bench.now };
      expect(after).toEqual({ ...before, ...said, ...times, status: to });
      expect(await bench.find(before.id)).toEqual(after);
    });

    it.each(TASK_STATUSES)('takes progress of a %s task only where it may run', async (from) => {
      const before = await aTask(from);
      bench.clock.advance(1);
      const after = await report(before.id, 'running', { progress: '0.5', isSuperuser: true });
      if (from !== 'claimed' && from !== 'running') {
        expect(after).toBeUndefined();
        expect(await bench.find(before.id)).toEqual(before);
        return;
      }
      const startedAt = from === 'claimed' ? bench.now : before.startedAt;
      expect(after).toEqual({ ...before, status: 'running', progress: '0.5', startedAt });
    });

    it('keeps what was reported before where a report says nothing', async () => {
      const task = await aTask('claimed');
      await report(task.id, 'running', { progress: '0.25', result: '1' });
      await report(task.id, 'running', { progress: '0.5' });
      expect(await report(task.id, 'completed')).toMatchObject({ progress: '0.5', result: '1', error: null });
    });

    it.each([
      { who: 'the claimer', userId: 'ann', isSuperuser: false, status: 'failed', may: true },
      { who: 'a superuser', userId: 'root', isSuperuser: true, status: 'failed', may: true },
      { who: 'the submitter', userId: 'sue', isSuperuser: false, status: 'failed', may: false },
      { who: 'the submitter', userId: 'sue', isSuperuser: false, status: 'cancelled', may: true },
      { who: 'the submitter', userId: 'sue', isSuperuser: false, status: 'running', may: false },
      { who: 'somebody else', userId: 'eve', isSuperuser: false, status: 'cancelled', may: false },
    ] as const)('lets $who report $status: $may', async ({ userId, isSuperuser, status, may }) => {
      const task = await aTask('claimed');
      const after = await report(task.id, status, { userId, isSuperuser });
      expect(after?.status).toBe(may ? status : undefined);
      expect((await bench.find(task.id))?.status).toBe(may ? status : 'claimed');
    });
  });

  it('reports on many at once, each on its own', async () => {
    const [claimed, pending] = [await aTask('claimed'), await aTask('pending')];
    const change = {
      status: 'running' as const,
      result: null,
      error: null,
      progress: null,
      userId: 'ann',
      isSuperuser: false,
      now: bench.now,
    };
    const ids = [pending.id, claimed.id, bench.ids.next().id];
    const changed = await bench.write((tx) =>
      bench.tasks.report(
        tx,
        ids.map((taskId) => ({ ...change, taskId })),
      ),
    );
    expect([...changed.keys()]).toEqual([claimed.id]);
  });

  it('counts places among the pending tasks of each job, exactly up to 1000', async () => {
    const other = await bench.aJob({ name: 'Other' });
    const tasks = await bench.someTasks(job, 1003);
    const [alone, taken] = [await bench.aTask(other), tasks[0]];
    await bench.report(taken?.id ?? '', 'cancelled', { userId: 'sue' });
    const asked = [0, 1, 2, 1000, 1001, 1002].map((index) => tasks[index] as Task);
    const positions = await bench.read(async (session) =>
      bench.tasks.queuePositions(session, [
        ...(await bench.tasks.findByIds(
          session,
          asked.map(({ id }) => id),
        )),
        alone,
      ]),
    );
    expect(asked.map(({ id }) => positions.get(id))).toEqual([undefined, 1, 2, 1000, 1001, 1001]);
    expect(positions.get(alone.id)).toBe(1);
    expect(await bench.read((session) => bench.tasks.queuePositions(session, []))).toEqual(new Map());
  });

  it("fails a worker's claimed and running tasks and no others", async () => {
    const [claimed, running, ended, pending] = [
      await aTask('claimed'),
      await aTask('running'),
      await aTask('completed'),
      await aTask('pending'),
    ];
    const others = await bench.aClaimedTask(await bench.aJob({ name: 'Other' }), await bench.aWorker());
    bench.clock.advance(3);
    const fail = () => bench.write((tx) => bench.tasks.failOfWorker(tx, worker.id, 'gone "away"', bench.now));
    const gone = { status: 'failed', error: '"gone \\"away\\""', completedAt: bench.now };
    expect((await fail()).sort(byId)).toEqual([claimed, running].map((task) => ({ ...task, ...gone })));
    for (const task of [ended, pending, others]) expect(await bench.find(task.id)).toEqual(task);
    expect(await fail()).toEqual([]);
  });

  it('fails @internal tasks that were claimed or started too long ago', async () => {
    const internal = await bench.aJob({ roomId: '@internal' });
    const [claimed, running] = [await bench.aClaimedTask(internal, worker), await bench.aClaimedTask(internal, worker)];
    const common = await aTask('claimed');
    bench.clock.advance(10);
    await bench.report(running.id, 'running');
    const fresh = await bench.aClaimedTask(internal, worker);
    const fail = (before: number) => bench.write((tx) => bench.tasks.failStuckInternal(tx, before, 'stuck', bench.now));
    const stuck = { status: 'failed', error: '"stuck"', completedAt: bench.now };
    expect(await fail(bench.now)).toEqual([{ ...claimed, ...stuck }]);
    expect((await fail(bench.now + 1)).map(({ id }) => id).sort()).toEqual([running.id, fresh.id].sort());
    expect(await bench.find(common.id)).toEqual(common);
  });

  it('tells which tasks are settled: ended or gone', async () => {
    const tasks: Task[] = [];
    for (const status of TASK_STATUSES) tasks.push(await aTask(status));
    const gone = bench.ids.next().id;
    const settled = await bench.read((session) => bench.tasks.findSettled(session, [...tasks.map(({ id }) => id), gone]));
    const ended = tasks.filter(({ status }) => ['completed', 'failed', 'cancelled'].includes(status)).map(({ id }) => id);
    expect(settled.sort()).toEqual([...ended, gone].sort());
  });
});

function byId(left: Task, right: Task): number {
  return left.id < right.id ? -1 : 1;
}
