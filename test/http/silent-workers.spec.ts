import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { JoblibStats } from '@joblib/nestjs';
import type { RoomEvent, TaskView } from '@joblib/contract';

import { claimsHeld, pollsHeld, until } from '../support/until.js';
import { expectJson, expectProblem } from './expectations.js';
import { ROTATE, Scene, bodyOf } from './scene.js';
import { NOTHING, sweep, taskOf, workerIds } from './sweeping.js';

/** The events in an order of their own: one clean-up tells the tasks of a worker in no particular one. */
function inOrder(events: readonly RoomEvent[]): string[] {
  return events.map((event) => JSON.stringify(event)).sort();
}

describe('a silent worker', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start({ settings: { workerTimeoutSeconds: 60 } });
  });
  afterAll(() => scene.close());
  beforeEach(() => scene.empty());
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('goes once its last heartbeat is older than the time-out, and not before', async () => {
    const sweptWorkers = (): number => scene.server.app.get(JoblibStats).snapshot().sweptWorkersTotal;
    const before = sweptWorkers();
    await scene.aWorker();
    scene.server.clock.advance(60);
    expect(await sweep(scene)).toEqual(NOTHING);
    scene.server.clock.advance(0.001);
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
    expect(await workerIds(scene)).toEqual([]);
    expect(sweptWorkers() - before).toBe(1);
  });

  it('leaves failed tasks, no links and no orphan jobs behind, and everybody is told', async () => {
    const { worker_id: worker } = await scene.aJob();
    const claimed = await scene.aClaimedTask();
    const running = await scene.aRunningTask();
    const done = await scene.aRunningTask();
    bodyOf(200, await scene.ann.report(done.id, 'completed'));
    scene.server.clock.advance(61);
    scene.server.events.clear();
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });

    const failedOf = (task: TaskView): TaskView => ({
      ...task,
      status: 'failed',
      error: 'Worker disconnected',
      completed_at: scene.time,
      worker_id: worker,
    });
    for (const task of [claimed, running]) expectJson(await scene.sue.task(task.id), 200, failedOf(task));
    expect(await taskOf(scene, done)).toMatchObject({ status: 'completed', error: null });
    expect(await workerIds(scene)).toEqual([]);
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
    scene.server.clock.advance(61);
    bodyOf(200, await scene.eve.heartbeat(living));
    scene.server.events.clear();
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 4 });

    expect(await workerIds(scene)).toEqual([living]);
    const { items } = bodyOf(200, await scene.sue.call<{ items: { full_name: string }[] }>('GET', '/rooms/lab/jobs'));
    expect(items.map(({ full_name }) => full_name)).toEqual(['@internal:modifiers:Own', 'lab:modifiers:Waiting', 'lab:modifiers:Shared']);
    expect(await taskOf(scene, waiting)).toEqual(waiting);
    const rooms = ['room:lab', 'room:lab', 'room:@internal', 'room:*', 'room:@global', 'room:*'];
    expect(inOrder(scene.server.events.events)).toEqual(inOrder(rooms.map((room) => ({ name: 'jobs_invalidate', room, payload: {} }))));
  });

  it('whose job was kept by a pending task: the job goes with the sweep after that task has ended', async () => {
    await scene.aJob();
    const task = await scene.aTask();
    scene.server.clock.advance(61);
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
    bodyOf(200, await scene.sue.call('GET', `/rooms/lab/jobs/${ROTATE}`));
    // Behind the server's back, as when a server died between two writes.
    await scene.server.dataSource.query(
      `UPDATE joblib_task SET status = 'cancelled', completed_at = ${scene.server.clock.now()} WHERE id = '${task.id}'`,
    );
    scene.server.events.clear();
    expect(await sweep(scene)).toEqual({ ...NOTHING, orphanJobs: 1 });
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
    scene.server.clock.advance(60);
    expect((await showLife(worker)).status).toBe(200);
    scene.server.clock.advance(60);
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
    expect(await workerIds(scene)).toEqual([worker]);
  });

  it('answers the claim that it held with 404 when it is removed', async () => {
    const { worker_id: worker } = await scene.aJob();
    const held = scene.ann.claim(worker, {}, { prefer: 'wait=60' });
    await claimsHeld(scene.server, 1);
    // Everything that was asked before this answer is settled: the claim has had its last look.
    bodyOf(200, await scene.eve.claim());
    scene.server.clock.advance(61);
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
    expectProblem(await held, 'WorkerNotFound');
  });

  it('frees who waits for the end of one of its tasks', async () => {
    await scene.aJob();
    const { id } = await scene.aRunningTask();
    const held = scene.sue.task(id, { prefer: 'wait=60' });
    await pollsHeld(scene.server, 1);
    scene.server.clock.advance(61);
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
    expect(bodyOf(200, await held)).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
  });

  it('that cannot be cleaned up is logged, and keeps neither the next one nor the next sweep', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const stubborn = await scene.aWorker();
    scene.server.clock.advance(1);
    const jobOfOther = await scene.aJob();
    const running = await scene.aRunningTask();
    const query = (sql: string) => scene.server.dataSource.query<unknown>(sql);
    await query(`CREATE TABLE stubborn (worker_id uuid REFERENCES joblib_worker (id))`);
    await query(`INSERT INTO stubborn (worker_id) VALUES ('${stubborn}')`);
    scene.server.clock.advance(61);
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
    expect(await workerIds(scene)).toEqual([stubborn]);
    expect(await taskOf(scene, running)).toMatchObject({ status: 'failed', worker_id: jobOfOther.worker_id });
    expect(logged.mock.calls.map(([message]) => String(message))).toEqual([
      expect.stringMatching(new RegExp(`${stubborn}.*foreign key`, 'i')),
    ]);

    await query('DROP TABLE stubborn');
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
    expect(await workerIds(scene)).toEqual([]);
  });

  it('has company: hundreds go in one sweep', async () => {
    await Promise.all(Array.from({ length: 250 }, () => scene.aWorker()));
    scene.server.clock.advance(61);
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 250 });
    expect(await workerIds(scene)).toEqual([]);
  });
});

it('a silent worker is spared for as long as it holds a claim', async () => {
  const scene = await Scene.start({ settings: { workerTimeoutSeconds: 0.15 } });
  try {
    const { worker_id: worker } = await scene.aJob();
    const held = scene.ann.claim(worker, {}, { prefer: 'wait=60' });
    await claimsHeld(scene.server, 1);
    for (let round = 0; round < 3; round += 1) {
      scene.server.clock.advance(10);
      await until('the heartbeat of a held claim', async () => {
        const { items } = bodyOf(200, await scene.ann.call<{ items: { last_heartbeat: string }[] }>('GET', '/workers'));
        return items[0]?.last_heartbeat === scene.time;
      });
      expect(await sweep(scene)).toEqual(NOTHING);
    }
    const task = await scene.aTask();
    expect((await held).body.task).toMatchObject({ id: task.id, worker_id: worker });
    scene.server.clock.advance(10);
    expect(await sweep(scene)).toEqual({ ...NOTHING, workers: 1 });
  } finally {
    await scene.close();
  }
});
