import { REPORTABLE_STATUSES, TASK_STATUSES } from '@joblib/contract';
import type { TaskStatus, TaskView } from '@joblib/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { expectJson, expectProblem } from './expectations.js';
import { NOBODY, ROTATE, Scene, bodyOf } from './scene.js';

const LEGAL: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  pending: ['cancelled'],
  claimed: ['running', 'failed', 'cancelled'],
  running: ['completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
};

const PAIRS = TASK_STATUSES.flatMap((from) => TASK_STATUSES.map((to) => [from, to, LEGAL[from].includes(to) ? 200 : 409] as const));

describe('reporting on a task', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    await scene.empty();
    await scene.aJob();
  });

  async function aTaskThatIs(status: TaskStatus): Promise<TaskView> {
    if (status === 'pending') return scene.aTask();
    if (status === 'claimed') return scene.aClaimedTask();
    const running = await scene.aRunningTask();
    return status === 'running' ? running : bodyOf(200, await scene.ann.report(running.id, status));
  }

  it.each(PAIRS)('%s → %s: %d', async (from, to, status) => {
    const task = await aTaskThatIs(from);
    scene.server.clock.advance(1);
    scene.server.events.clear();
    const before = await scene.contents();
    const answer = await scene.root.report(task.id, to, { result: { n: 1 }, error: 'why' });
    if (status === 409) {
      expectProblem(answer, 'InvalidTaskTransition');
      expect(await scene.contents()).toEqual(before);
      expect(scene.server.events.events).toEqual([]);
      return;
    }
    const isEnd = to !== 'running';
    const changed = { result: { n: 1 }, queue_position: null, status: to, error: isEnd ? 'why' : null };
    const after = { ...task, ...changed, ...(isEnd ? { completed_at: scene.time } : { started_at: scene.time }) };
    expectJson(answer, 200, after);
    expectJson(await scene.sue.task(task.id), 200, after);
    const { id, job_name: name, room_id, created_at, started_at, completed_at, worker_id, error, progress, result } = after;
    expect(scene.server.events.events[0]).toEqual({
      name: 'task_status_event',
      room: 'room:lab',
      payload: {
        id,
        name,
        room_id,
        status: to,
        created_at,
        started_at,
        completed_at,
        queue_position: null,
        worker_id,
        error,
        progress,
        result,
      },
    });
  });

  it('takes progress as often as it is sent', async () => {
    const { id } = await scene.aRunningTask();
    for (const progress of [0, 0.5, 1, { current: 0, total: 3 }, { current: 4, total: 3, message: 'über 😀' }]) {
      expect(await scene.ann.report(id, 'running', { progress })).toMatchObject({ status: 200, body: { progress, status: 'running' } });
      expect(scene.server.events.payloadsOf('task_status_event').at(-1)).toMatchObject({ id, progress });
    }
    expectProblem(await scene.ann.report(id, 'running'), 'InvalidTaskTransition');
    expectProblem(await scene.ann.report(id, 'running', { progress: null, result: 1 }), 'InvalidTaskTransition');
  });

  it('starts a claimed task with its first progress', async () => {
    const { id } = await scene.aClaimedTask();
    scene.server.clock.advance(1);
    const started = scene.time;
    expect((await scene.ann.report(id, 'running', { progress: 0.1 })).body).toMatchObject({ started_at: started, progress: 0.1 });
    scene.server.clock.advance(1);
    expect((await scene.ann.report(id, 'running', { progress: 0.2 })).body.started_at).toBe(started);
  });

  it('keeps what was said before where nothing new is said', async () => {
    const { id } = await scene.aRunningTask();
    await scene.ann.report(id, 'running', { progress: 0.9, result: { half: true } });
    expect((await scene.ann.report(id, 'completed')).body).toMatchObject({ progress: 0.9, result: { half: true }, error: null });
  });

  it.each([
    ['no status', {}, '/status'],
    ['another status', { status: 'done' }, '/status'],
    ['a status that is no string', { status: ['running'] }, '/status'],
    ['an error that is no string', { status: 'failed', error: { a: 1 } }, '/error'],
    ['progress above 1', { status: 'running', progress: 1.01 }, '/progress'],
    ['progress below 0', { status: 'running', progress: -0.01 }, '/progress'],
    ['progress that is a string', { status: 'running', progress: '0.5' }, '/progress'],
    ['progress of nothing', { status: 'running', progress: { current: 0, total: 0 } }, '/progress'],
    ['progress without total', { status: 'running', progress: { current: 0 } }, '/progress'],
    ['progress before the beginning', { status: 'running', progress: { current: -1, total: 1 } }, '/progress'],
    ['a message that is no string', { status: 'running', progress: { current: 0, total: 1, message: 5 } }, '/progress'],
  ])('refuses %s', async (_, body, pointer) => {
    const { id } = await scene.aClaimedTask();
    const before = await scene.contents();
    expectProblem(await scene.ann.call('PATCH', `/tasks/${id}`, body), 'ValidationError', [pointer]);
    expect(await scene.contents()).toEqual(before);
  });

  it('is for whoever claimed the task, superusers, and to cancel for whoever submitted it', async () => {
    const { id } = await scene.aClaimedTask();
    const before = await scene.contents();
    for (const status of REPORTABLE_STATUSES) expectProblem(await scene.eve.report(id, status), 'Forbidden');
    for (const status of ['running', 'failed', 'completed']) expectProblem(await scene.sue.report(id, status), 'Forbidden');
    expect(await scene.contents()).toEqual(before);
    expect((await scene.root.report(id, 'running')).status).toBe(200);
    expect((await scene.sue.report(id, 'cancelled')).status).toBe(200);
  });

  it('lets nobody but the submitter and superusers touch a pending task', async () => {
    const { id } = await scene.aTask();
    for (const user of [scene.eve, scene.ann]) expectProblem(await user.report(id, 'cancelled'), 'Forbidden');
    expectProblem(await scene.sue.report(id, 'running'), 'Forbidden');
    expect((await scene.sue.report(id, 'cancelled')).status).toBe(200);
  });

  it('stays with the claimer when their worker is another by now', async () => {
    const { id } = await scene.aClaimedTask();
    await scene.aWorker();
    expect((await scene.ann.report(id, 'running')).status).toBe(200);
  });

  it('does not find a task that is not there', async () => {
    for (const id of [NOBODY, 'none', 'claim']) expectProblem(await scene.ann.report(id, 'running'), 'TaskNotFound');
  });

  it('tells the workers when a claimed or running task is cancelled, not when a pending one is', async () => {
    const pending = await scene.aTask();
    await scene.sue.report(pending.id, 'cancelled');
    expect(scene.server.events.payloadsOf('task_cancelled')).toEqual([]);
    for (const task of [await scene.aClaimedTask(), await scene.aRunningTask()]) {
      scene.server.events.clear();
      await scene.sue.report(task.id, 'cancelled');
      expect(scene.server.events.events.filter(({ name }) => name === 'task_cancelled')).toEqual([
        { name: 'task_cancelled', room: `jobs:${ROTATE}`, payload: { task_id: task.id, job_name: ROTATE, room_id: 'lab' } },
      ]);
      expectProblem(await scene.ann.report(task.id, 'completed'), 'InvalidTaskTransition');
    }
  });

  it('soft-deletes a job whose last pending task is cancelled and that nobody serves', async () => {
    const { id } = await scene.aTask();
    await scene.ann.removeWorker('ann');
    scene.server.events.clear();
    await scene.sue.report(id, 'cancelled');
    expectProblem(await scene.sue.call('GET', `/rooms/lab/jobs/${ROTATE}`), 'JobNotFound');
    expect(scene.server.events.events.map(({ name }) => name)).toEqual(['task_status_event', 'jobs_invalidate']);
  });
});
