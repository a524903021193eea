import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { JoblibStats, Sweeper } from '@joblib/nestjs';
import type { Swept } from '@joblib/nestjs';
import type { ClaimAnswer, RoomEvent, TaskView } from '@joblib/contract';
import { FakeClock } from '@joblib/nestjs/testing';

import { SweepTimers } from '../../libs/nestjs/src/sweeper/index.js';
import { lastingDatabase } from '../support/test-database.js';
import { claimsHeld, pollsHeld, until } from '../support/until.js';
import type { JoblibAppOptions } from '../support/joblib-app.js';
import { expectJson, expectProblem } from './expectations.js';
import { ROTATE, Scene, bodyOf } from './scene.js';

const NOTHING: Swept = { workers: 0, stuckInternalTasks: 0, putBackTasks: 0, orphanJobs: 0, expiredKeys: 0, expiredTasks: 0 };
const DAY_SECONDS = 24 * 60 * 60;

/** Expired rows that one transaction deletes. */
const DELETE_BATCH = 200;

let scene: Scene;

async function start(options: JoblibAppOptions = {}): Promise<void> {
  await scene?.close();
  scene = await Scene.start(options);
}

beforeEach(() => start());
afterEach(async () => {
  await scene.close();
  jest.restoreAllMocks();
});

const sweep = (): Promise<Swept> => scene.server.app.get(Sweeper).sweepOnce();
const advance = (seconds: number): void => scene.server.clock.advance(seconds);
const workerIds = async (): Promise<string[]> =>
  bodyOf(200, await scene.ann.call<{ items: { id: string }[] }>('GET', '/workers')).items.map(({ id }) => id);
const taskOf = async ({ id }: TaskView): Promise<TaskView> => bodyOf(200, await scene.sue.task(id));

/** The events in an order of their own: one clean-up tells the tasks of a worker in no particular one. */
function inOrder(events: readonly RoomEvent[]): string[] {
  return events.map((event) => JSON.stringify(event)).sort();
}

describe('a silent worker', () => {
  it('goes once its last heartbeat is older than the time-out, and not before', async () => {
    await start({ settings: { workerTimeoutSeconds: 10 } });
    await scene.aWorker();
    advance(10);
    expect(await sweep()).toEqual(NOTHING);
    advance(0.001);
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
    expect(await workerIds()).toEqual([]);
    expect(scene.server.app.get(JoblibStats).snapshot().sweptWorkersTotal).toBe(1);
  });

  it('leaves failed tasks, no links and no orphan jobs behind, and everybody is told', async () => {
    const { worker_id: worker } = await scene.aJob();
    const claimed = await scene.aClaimedTask();
    const running = await scene.aRunningTask();
    const done = await scene.aRunningTask();
    bodyOf(200, await scene.ann.report(done.id, 'completed'));
    advance(61);
    scene.server.events.clear();
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });

    const failedOf = (task: TaskView): TaskView => ({
      ...task,
      status: 'failed',
      error: 'Worker disconnected',
      completed_at: scene.time,
      worker_id: worker,
    });
    for (const task of [claimed, running]) expectJson(await scene.sue.task(task.id), 200, failedOf(task));
    expect(await taskOf(done)).toMatchObject({ status: 'completed', error: null });
    expect(await workerIds()).toEqual([]);
    expect((await scene.contents())['joblib_worker_job']).toEqual([]);
    expectProblem(await scene.sue.call('GET', `/rooms/lab/jobs/${ROTATE}`), 'JobNotFound');
    expectProblem(await scene.sue.submit('lab', ROTATE), 'JobNotFound');
    expectProblem(await scene.ann.heartbeat(worker), 'WorkerNotFound');
    expectProblem(await scene.ann.report(running.id, 'completed'), 'InvalidTaskTransition');

    const told = [claimed, running].map((task): RoomEvent => {
      const { payload: _, job_name, created_by_id: __, attempt: ___, ...view } = failedOf(task);
      return { name: 'task_status_event', room: 'room:lab', payload: { ...view, name: job_name } };
    });
    const parsed = scene.server.events.events.map((event) => JSON.parse(JSON.stringify(event)) as RoomEvent);
    expect(parsed).toHaveLength(3);
    expect(parsed).toEqual(expect.arrayContaining([...told, { name: 'jobs_invalidate', room: 'room:lab', payload: {} }]));
  });

  it('leaves alone jobs with another worker or a pending task, and @internal ones', async () => {
    await scene.aJob('lab:modifiers:Shared');
    const { worker_id: living } = bodyOf(200, await scene.eve.register('lab:modifiers:Shared'));
    await scene.aJob('lab:modifiers:Waiting');
    const waiting = await scene.aTask('lab:modifiers:Waiting');
    await scene.aJob('@internal:modifiers:Own');
    await scene.aJob('@global:modifiers:Orphan');
    advance(61);
    bodyOf(200, await scene.eve.heartbeat(living));
    scene.server.events.clear();
    expect(await sweep()).toEqual({ ...NOTHING, workers: 4 });

    expect(await workerIds()).toEqual([living]);
    const { items } = bodyOf(200, await scene.sue.call<{ items: { full_name: string }[] }>('GET', '/rooms/lab/jobs'));
    expect(items.map(({ full_name }) => full_name)).toEqual(['@internal:modifiers:Own', 'lab:modifiers:Waiting', 'lab:modifiers:Shared']);
    expect(await taskOf(waiting)).toEqual(waiting);
    const rooms = ['room:lab', 'room:lab', 'room:@internal', 'room:*', 'room:@global', 'room:*'];
    expect(inOrder(scene.server.events.events)).toEqual(inOrder(rooms.map((room) => ({ name: 'jobs_invalidate', room, payload: {} }))));
  });

  it('whose job was kept by a pending task: the job goes with the sweep after that task has ended', async () => {
    await scene.aJob();
    const task = await scene.aTask();
    advance(61);
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
    bodyOf(200, await scene.sue.call('GET', `/rooms/lab/jobs/${ROTATE}`));
    // Behind the server's back, as when a server died between two writes.
    await scene.server.dataSource.query(
      `UPDATE joblib_task SET status = 'cancelled', completed_at = ${scene.server.clock.now()} WHERE id = '${task.id}'`,
    );
    scene.server.events.clear();
    expect(await sweep()).toEqual({ ...NOTHING, orphanJobs: 1 });
    expect(scene.server.events.events).toEqual([{ name: 'jobs_invalidate', room: 'room:lab', payload: {} }]);
    expectProblem(await scene.sue.call('GET', `/rooms/lab/jobs/${ROTATE}`), 'JobNotFound');
  });

  it.each<[string, (worker: string) => Promise<{ status: number }>]>([
    ['a heartbeat', (worker) => scene.ann.heartbeat(worker)],
    ['a heartbeat of all workers of its user', () => scene.ann.heartbeat('ann')],
    ['a claim', (worker) => scene.ann.claim(worker)],
    ['a claim for any worker of its user', () => scene.ann.claim()],
  ])('is spared after %s', async (_, showLife) => {
    const worker = await scene.aWorker();
    await scene.aWorker(scene.eve);
    advance(60);
    expect((await showLife(worker)).status).toBe(200);
    advance(60);
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
    expect(await workerIds()).toEqual([worker]);
  });

  it('is spared for as long as it holds a claim', async () => {
    await start({ settings: { workerTimeoutSeconds: 0.15 } });
    const { worker_id: worker } = await scene.aJob();
    const held = scene.ann.claim(worker, {}, { prefer: 'wait=60' });
    await claimsHeld(scene.server, 1);
    for (let round = 0; round < 3; round += 1) {
      advance(10);
      await until('the heartbeat of a held claim', async () => {
        const { items } = bodyOf(200, await scene.ann.call<{ items: { last_heartbeat: string }[] }>('GET', '/workers'));
        return items[0]?.last_heartbeat === scene.time;
      });
      expect(await sweep()).toEqual(NOTHING);
    }
    const task = await scene.aTask();
    expect((await held).body.task).toMatchObject({ id: task.id, worker_id: worker });
    advance(10);
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
  });

  it('answers the claim that it held with 404 when it is removed', async () => {
    const { worker_id: worker } = await scene.aJob();
    const held = scene.ann.claim(worker, {}, { prefer: 'wait=60' });
    await claimsHeld(scene.server, 1);
    // Everything that was asked before this answer is settled: the claim has had its last look.
    bodyOf(200, await scene.eve.claim());
    advance(61);
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
    expectProblem(await held, 'WorkerNotFound');
  });

  it('frees who waits for the end of one of its tasks', async () => {
    await scene.aJob();
    const { id } = await scene.aRunningTask();
    const held = scene.sue.task(id, { prefer: 'wait=60' });
    await pollsHeld(scene.server, 1);
    advance(61);
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
    expect(bodyOf(200, await held)).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
  });

  it('that cannot be cleaned up is logged, and keeps neither the next one nor the next sweep', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const stubborn = await scene.aWorker();
    advance(1);
    const jobOfOther = await scene.aJob();
    const running = await scene.aRunningTask();
    const query = (sql: string) => scene.server.dataSource.query<unknown>(sql);
    await query(`CREATE TABLE stubborn (worker_id uuid REFERENCES joblib_worker (id))`);
    await query(`INSERT INTO stubborn (worker_id) VALUES ('${stubborn}')`);
    advance(61);
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
    expect(await workerIds()).toEqual([stubborn]);
    expect(await taskOf(running)).toMatchObject({ status: 'failed', worker_id: jobOfOther.worker_id });
    expect(logged.mock.calls.map(([message]) => String(message))).toEqual([
      expect.stringMatching(new RegExp(`${stubborn}.*foreign key`, 'i')),
    ]);

    await query('DROP TABLE stubborn');
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
    expect(await workerIds()).toEqual([]);
  });

  it('has company: hundreds go in one sweep', async () => {
    await Promise.all(Array.from({ length: 250 }, () => scene.aWorker()));
    advance(61);
    expect(await sweep()).toEqual({ ...NOTHING, workers: 250 });
    expect(await workerIds()).toEqual([]);
  });
});

describe('the lease', () => {
  it('of another server keeps this one from sweeping until it has expired', async () => {
    const expiresAt = scene.server.clock.now() + 100_000;
    await scene.server.dataSource.query(
      `INSERT INTO joblib_lease (name, holder, expires_at) VALUES ('sweeper', 'another server', ${expiresAt})`,
    );
    await scene.aWorker();
    advance(99.999);
    const before = await scene.contents();
    expect(await sweep()).toEqual(NOTHING);
    expect(await scene.contents()).toEqual(before);
    advance(0.001);
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
  });

  it('ends with the server, so that the next one sweeps at once', async () => {
    const database = await lastingDatabase();
    try {
      const clock = new FakeClock();
      await start({ database, clock });
      await scene.aWorker();
      expect(await sweep()).toEqual(NOTHING);
      await start({ database, clock, settings: { workerTimeoutSeconds: 10 } });
      advance(11);
      expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
    } finally {
      await scene.close();
      await database.remove();
    }
  });

  it('is the holder’s own again and again', async () => {
    for (let round = 0; round < 3; round += 1) {
      await scene.aWorker();
      advance(61);
      expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
    }
    const held = scene.server.clock.now() + 2 * 30 * 1000;
    const leases = await scene.server.dataSource.query<{ name: string; expires_at: number | string }[]>('SELECT * FROM joblib_lease');
    expect(leases.map(({ name, expires_at }) => [name, Number(expires_at)])).toEqual([['sweeper', held]]);
  });
});

describe('retention', () => {
  it('deletes finished tasks once they are older than the setting, a batch at a time, and no others', async () => {
    await start({ settings: { taskRetentionSeconds: 100, workerTimeoutSeconds: 1000 } });
    await scene.aJob();
    const count = 2 * DELETE_BATCH + 50;
    const { items } = bodyOf(
      202,
      await scene.sue.call<{ items: TaskView[] }>('POST', `/rooms/lab/tasks/${ROTATE}/batch`, {
        payloads: Array.from({ length: count }, () => ({})),
      }),
    );
    const updates = items.map(({ id }) => ({ id, status: 'cancelled' }));
    bodyOf(200, await scene.sue.call('PATCH', '/tasks', { updates }));
    const running = await scene.aRunningTask();
    const pending = await scene.aTask();
    advance(50);
    const later = await scene.aTask();
    bodyOf(200, await scene.sue.report(later.id, 'cancelled'));
    advance(50);
    expect(await sweep()).toEqual(NOTHING);
    advance(0.001);
    const flushes = (): number => scene.server.app.get(JoblibStats).snapshot().flushesTotal;
    const before = flushes();
    expect(await sweep()).toEqual({ ...NOTHING, expiredTasks: count });
    // Three batches, and one transaction each for the lease, stuck tasks, orphan jobs and keys.
    expect(flushes() - before).toBe(3 + 4);
    const listed = bodyOf(200, await scene.sue.tasks('lab'));
    expect([listed.total, listed.items.map(({ id }) => id)]).toEqual([3, [later.id, pending.id, running.id]]);
    for (const { id } of items.slice(0, 3)) expectProblem(await scene.sue.task(id), 'TaskNotFound');
  });

  it('keeps finished tasks for ever by default', async () => {
    await scene.aJob();
    const task = await scene.aTask();
    bodyOf(200, await scene.sue.report(task.id, 'cancelled'));
    advance(10 * 365 * DAY_SECONDS);
    expect(await sweep()).toEqual({ ...NOTHING, workers: 1 });
    expect(await taskOf(task)).toMatchObject({ status: 'cancelled' });
  });

  it('forgets idempotency keys after 24 hours, swept or not', async () => {
    const key = { 'idempotency-key': 'once' };
    const stayAlive = (): Promise<unknown> => scene.ann.heartbeat('ann');
    await scene.aJob();
    const first = bodyOf(202, await scene.sue.submit('lab', ROTATE, {}, key));
    advance(DAY_SECONDS);
    await stayAlive();
    expectJson(await scene.sue.submit('lab', ROTATE, {}, key), 200, first);
    expect(await sweep()).toEqual(NOTHING);
    advance(0.001);
    const second = bodyOf(202, await scene.sue.submit('lab', ROTATE, { other: 'payload' }, key));
    expect(second.id).not.toBe(first.id);
    expect(await sweep()).toEqual(NOTHING);
    advance(DAY_SECONDS + 0.001);
    await stayAlive();
    expect(await sweep()).toEqual({ ...NOTHING, expiredKeys: 1 });
    expect((await scene.contents())['joblib_submission_key']).toEqual([]);
  });

  it('forgets any number of idempotency keys, and keeps their tasks', async () => {
    await scene.aJob();
    const count = 2 * DELETE_BATCH + 50;
    await Promise.all(
      Array.from({ length: count }, (_, index) => scene.sue.submit('lab', ROTATE, {}, { 'idempotency-key': `key ${index}` })),
    );
    advance(DAY_SECONDS + 0.001);
    await scene.ann.heartbeat('ann');
    expect(await sweep()).toEqual({ ...NOTHING, expiredKeys: count });
    expect(bodyOf(200, await scene.sue.tasks('lab', '?limit=0')).total).toBe(count);
  });

  it('lets an idempotency key go with its task', async () => {
    await start({ settings: { taskRetentionSeconds: 100, workerTimeoutSeconds: 1000 } });
    const key = { 'idempotency-key': 'once' };
    await scene.aJob();
    const first = bodyOf(202, await scene.sue.submit('lab', ROTATE, {}, key));
    bodyOf(200, await scene.sue.report(first.id, 'cancelled'));
    advance(101);
    expect(await sweep()).toMatchObject({ expiredTasks: 1 });
    const second = bodyOf(202, await scene.sue.submit('lab', ROTATE, { other: 'payload' }, key));
    expect(second.id).not.toBe(first.id);
    expectJson(await scene.sue.submit('lab', ROTATE, { other: 'payload' }, key), 200, second);
  });
});

describe('a claim that is not started in time', () => {
  const claimOne = async (): Promise<TaskView> => {
    const { task } = bodyOf(200, await scene.ann.claim());
    if (task === null) throw new Error('There was nothing to claim.');
    return task;
  };

  it('is put back at its old place, with its attempt, and the room is told', async () => {
    await start({ settings: { claimStartTimeoutSeconds: 10 } });
    await scene.aJob();
    const first = await scene.aTask();
    const second = await scene.aTask();
    expect((await claimOne()).id).toBe(first.id);
    advance(10);
    expect(await sweep()).toEqual(NOTHING);
    advance(0.001);
    scene.server.events.clear();
    expect(await sweep()).toEqual({ ...NOTHING, putBackTasks: 1 });
    const putBack = { ...first, attempt: 1 };
    expectJson(await scene.sue.task(first.id), 200, putBack);
    expect(await taskOf(second)).toEqual({ ...second, queue_position: 2 });
    const { payload: _, job_name, created_by_id: __, attempt: ___, ...view } = putBack;
    expect(scene.server.events.events).toEqual([{ name: 'task_status_event', room: 'room:lab', payload: { ...view, name: job_name } }]);
    expect(await claimOne()).toMatchObject({ id: first.id, attempt: 2 });
  });

  it('is given to a claim that is held', async () => {
    await start({ settings: { claimStartTimeoutSeconds: 10 } });
    await scene.aJob();
    const task = await scene.aTask();
    await claimOne();
    const { worker_id: other } = bodyOf(200, await scene.eve.register(ROTATE));
    const held = scene.eve.claim(other, {}, { prefer: 'wait=60' });
    await claimsHeld(scene.server, 1);
    advance(11);
    expect(await scene.server.app.get(Sweeper).putBackUnstarted()).toBe(1);
    const answer: ClaimAnswer = bodyOf(200, await held);
    expect(answer.task).toMatchObject({ id: task.id, worker_id: other, attempt: 2 });
    expectProblem(await scene.ann.report(task.id, 'running'), 'Forbidden');
  });

  it('stays where it is once it was started, and when the setting is off', async () => {
    await start({ settings: { claimStartTimeoutSeconds: 10 } });
    await scene.aJob();
    const running = await scene.aRunningTask();
    advance(11);
    expect(await sweep()).toEqual(NOTHING);
    expect(await taskOf(running)).toEqual(running);
    await start();
    await scene.aJob();
    const claimed = await scene.aClaimedTask();
    advance(59);
    expect(await sweep()).toEqual(NOTHING);
    expect(await taskOf(claimed)).toEqual(claimed);
  });
});

describe('the schedule', () => {
  const hasInterval = (name: string): boolean => scene.server.app.get(SweepTimers, { strict: false }).doesExist('interval', name);

  it('sweeps by itself, again and again, and ends with the server', async () => {
    await start({ settings: { sweeperIntervalSeconds: 0.02 } });
    for (let round = 0; round < 2; round += 1) {
      await scene.aWorker();
      advance(61);
      await until('a sweep', async () => (await workerIds()).length === 0);
    }
    expect([hasInterval('joblib/sweep'), hasInterval('joblib/put-back')]).toEqual([true, false]);
    await scene.close();
    expect(hasInterval('joblib/sweep')).toBe(false);
  });

  it('puts back unstarted tasks between two sweeps', async () => {
    await start({ settings: { sweeperIntervalSeconds: 1000, claimStartTimeoutSeconds: 0.1 } });
    await scene.aJob();
    const task = await scene.aClaimedTask();
    expect(hasInterval('joblib/put-back')).toBe(true);
    advance(1);
    await until('the task is put back', async () => (await taskOf(task)).status === 'pending');
    await scene.close();
    expect([hasInterval('joblib/sweep'), hasInterval('joblib/put-back')]).toEqual([false, false]);
  });
});
