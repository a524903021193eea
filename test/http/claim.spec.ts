import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { claimsHeld } from '../support/until.js';
import { expectJson, expectProblem, taskView } from './expectations.js';
import { NOBODY, ROTATE, Scene } from './scene.js';

describe('claiming', () => {
  let scene: Scene;
  let worker: string;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    await scene.empty();
    worker = (await scene.aJob()).worker_id;
    scene.server.events.clear();
  });

  it('answers the oldest task, claimed, and tells the room', async () => {
    const [first] = [await scene.aTask(ROTATE, { n: 1 }), await scene.aTask()];
    scene.server.clock.advance(2);
    const claimed = taskView({
      id: first.id,
      created_at: first.created_at,
      payload: { n: 1 },
      status: 'claimed',
      worker_id: worker,
      queue_position: null,
      attempt: 1,
    });
    scene.server.events.clear();
    expectJson(await scene.ann.claim(worker), 200, { task: claimed });
    expect(scene.server.events.events).toEqual([
      {
        name: 'task_status_event',
        room: 'room:lab',
        payload: expect.objectContaining({ id: first.id, status: 'claimed', worker_id: worker }),
      },
    ]);
    expectJson(await scene.sue.task(first.id), 200, claimed);
  });

  it('answers null when there is nothing, and when the worker has no jobs', async () => {
    expectJson(await scene.ann.claim(worker), 200, { task: null });
    await scene.aTask();
    expectJson(await scene.ann.claim(await scene.aWorker()), 200, { task: null });
    expectJson(await scene.eve.claim(), 200, { task: null });
  });

  it('hands tasks of all jobs out in the order of their submission, each once', async () => {
    for (const name of ['attic:modifiers:Rotate', 'attic:modifiers:Turn']) await scene.aJob(name, { workerId: worker });
    const submits = [
      ['lab', ROTATE],
      ['attic', 'attic:modifiers:Turn'],
      ['attic', 'attic:modifiers:Rotate'],
      ['lab', ROTATE],
    ] as const;
    const ids = [];
    for (const [room, name] of submits) ids.push((await scene.sue.submit(room, name)).body.id);
    const claimed = [];
    for (const _ of ids) claimed.push((await scene.ann.claim(worker)).body.task?.id);
    expect(claimed).toEqual(ids);
  });

  it('is for any of the caller’s workers when none is named, or the caller’s own id', async () => {
    await scene.aWorker();
    const [first, second, third] = [await scene.aTask(), await scene.aTask(), await scene.aTask()];
    expect((await scene.ann.claim()).body.task).toMatchObject({ id: first.id, worker_id: worker });
    expect((await scene.ann.claim('ann')).body.task).toMatchObject({ id: second.id, worker_id: worker });
    expect((await scene.ann.call('POST', '/tasks/claim', { worker_id: null, max_tasks: null })).body).toMatchObject({
      task: { id: third.id },
    });
  });

  it('takes several at once when asked to, oldest first', async () => {
    const ids = [await scene.aTask(), await scene.aTask(), await scene.aTask()].map(({ id }) => id);
    const two = await scene.ann.claim(worker, { max_tasks: 2 });
    expect(Object.keys(two.body).sort()).toEqual(['task', 'tasks']);
    expect(two.body.tasks?.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(two.body.task).toEqual(two.body.tasks?.[0]);
    expect((await scene.ann.claim(worker, { max_tasks: 100 })).body.tasks?.map(({ id }) => id)).toEqual(ids.slice(2));
    expectJson(await scene.ann.claim(worker, { max_tasks: 1 }), 200, { task: null, tasks: [] });
  });

  it.each([0, -1, 101, 1.5, '3', true, [1], {}])('refuses max_tasks: %j', async (max_tasks) => {
    const before = await scene.contents();
    expectProblem(await scene.ann.claim(worker, { max_tasks }), 'ValidationError', ['/max_tasks']);
    expect(await scene.contents()).toEqual(before);
  });

  it.each([5, true, {}, []])('refuses worker_id: %j', async (worker_id) => {
    expectProblem(await scene.ann.claim(undefined, { worker_id }), 'ValidationError', ['/worker_id']);
  });

  it('refuses workers that are unknown or somebody else’s, and hands nothing out', async () => {
    await scene.aTask();
    const before = await scene.contents();
    for (const id of [NOBODY, 'none', 'eve']) expectProblem(await scene.ann.claim(id), 'WorkerNotFound');
    expectProblem(await scene.eve.claim(worker), 'Forbidden');
    expectProblem(await scene.root.claim(worker), 'Forbidden');
    expect(await scene.contents()).toEqual(before);
  });

  it('counts as a heartbeat', async () => {
    scene.server.clock.advance(30);
    await scene.ann.claim(worker);
    const listed = await scene.sue.call<{ items: unknown[] }>('GET', '/workers');
    expect(listed.body.items).toEqual([{ id: worker, last_heartbeat: scene.time, job_count: 1 }]);
  });

  it('never gets a task of an @internal job', async () => {
    await scene.root.register('@internal:modifiers:Rotate');
    await scene.server.dataSource.query(
      `INSERT INTO joblib_task (id, job_id, job_name, room_id, created_by_id, status, payload, attempt, created_at)
       SELECT '${NOBODY}', id, '@internal:modifiers:Rotate', 'lab', 'sue', 'pending', '{}', 0, 1 FROM joblib_job WHERE room_id = '@internal'`,
    );
    expectJson(await scene.root.claim(), 200, { task: null });
  });

  describe('with Prefer: wait', () => {
    const waiting = (seconds: number | string) => scene.ann.claim(worker, {}, { prefer: `wait=${seconds}` });

    it('answers at once when there is something', async () => {
      const { id } = await scene.aTask();
      const answer = await waiting(10);
      expect(answer.body.task?.id).toBe(id);
      expect(answer.headers.has('preference-applied')).toBe(false);
    });

    it('is held until a task is submitted', async () => {
      const held = waiting(60);
      await claimsHeld(scene.server, 1);
      const { id } = await scene.aTask();
      const answer = await held;
      expect(answer.body.task?.id).toBe(id);
      expect(answer.headers.get('preference-applied')).toBe('wait=60');
    });

    it('is held no longer than the settings allow', async () => {
      const held = scene.ann.claim(worker, { max_tasks: 2 }, { prefer: 'wait=100000' });
      await claimsHeld(scene.server, 1);
      await scene.aTask();
      expect((await held).headers.get('preference-applied')).toBe('wait=120');
    });

    it('answers null when the time is over', async () => {
      const answer = await waiting(1);
      expectJson(answer, 200, { task: null });
      expect(answer.headers.get('preference-applied')).toBe('wait=1');
    });

    it.each(['soon', '-1', '1.5', '0', ''])('answers at once for wait=%s', async (seconds) => {
      const answer = await waiting(seconds);
      expectJson(answer, 200, { task: null });
      expect(answer.headers.has('preference-applied')).toBe(false);
    });

    it('is refused like any other claim', async () => {
      expectProblem(await scene.eve.claim(worker, {}, { prefer: 'wait=60' }), 'Forbidden');
      expectProblem(await scene.ann.claim(NOBODY, {}, { prefer: 'wait=60' }), 'WorkerNotFound');
    });

    it('is refused when the worker goes meanwhile', async () => {
      const held = waiting(60);
      await claimsHeld(scene.server, 1);
      await scene.ann.removeWorker(worker);
      expectProblem(await held, 'WorkerNotFound');
    });

    it('gets the tasks of a job that the worker is given meanwhile', async () => {
      const held = waiting(60);
      await claimsHeld(scene.server, 1);
      await scene.aJob('lab:modifiers:New', { workerId: worker });
      const { id } = await scene.aTask('lab:modifiers:New');
      expect((await held).body.task?.id).toBe(id);
    });
  });
});
