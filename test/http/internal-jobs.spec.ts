import type { JobSummary, Progress, TaskView } from '@joblib/contract';
import { Sweeper } from '@joblib/nestjs';
import type { InternalJob, InternalJobContext } from '@joblib/nestjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { until } from '../support/until.js';
import { UUID7, expectJson, expectProblem, taskView } from './expectations.js';
import { COUNT, GatedJob, ended, serverWorker, startWithJobs, submit } from './internal-scene.js';
import { bodyOf } from './scene.js';
import type { Scene } from './scene.js';

const ATOMS = '@internal:analysis:Atoms';
const BREAK = '@internal:analysis:Break';

/** What this server runs at a time. */
const PARALLEL_RUNS = 8;

/** As JavaScript allows: not with an error. */
const rejectWith = Promise.reject.bind(Promise) as (reason: unknown) => Promise<never>;

/** Ways for a run to end badly, and what the task then says. */
const BREAKS: Readonly<Record<string, readonly [run: InternalJob['run'], error: unknown]>> = {
  'throws at once': [
    () => {
      throw new Error('at once');
    },
    'at once',
  ],
  'throws an error': [() => Promise.reject(new Error('no "numbers"')), 'no "numbers"'],
  'throws a string': [() => rejectWith('a string'), 'a string'],
  'answers what is no JSON': [() => Promise.resolve(10n), expect.stringMatching(/BigInt/)],
  'shows progress that is no JSON': [({ progress }) => progress(10n as unknown as number), expect.stringMatching(/BigInt/)],
};

describe('an @internal job of the registry', () => {
  const gated = new GatedJob({ type: 'object' });
  const contexts: Omit<InternalJobContext, 'signal' | 'progress'>[] = [];
  let scene: Scene;

  beforeAll(async () => {
    const countAtoms = async ({ taskId, roomId, payload }: InternalJobContext): Promise<unknown> => {
      contexts.push({ taskId, roomId, payload });
      return { atoms: [1, 2, 3] };
    };
    const breakDown: InternalJob['run'] = (context) => (BREAKS[String(context.payload['how'])] as (typeof BREAKS)[string])[0](context);
    scene = await startWithJobs({ [COUNT]: gated, [ATOMS]: { run: countAtoms }, [BREAK]: { run: breakDown } });
  });
  beforeEach(() => scene.server.events.clear());
  afterAll(async () => {
    gated.endAll();
    await scene.close();
  });

  it('runs inside the server: its task is claimed, started and completed with the result', async () => {
    const submitted = await scene.sue.submit('lab', ATOMS, { of: 'atoms' });
    const pending = taskView({ id: submitted.body.id, created_at: scene.time, job_name: ATOMS, payload: { of: 'atoms' } });
    expectJson(submitted, 202, pending);
    expectJson(await scene.sue.task(pending.id, { prefer: 'wait=20' }), 200, {
      ...pending,
      status: 'completed',
      started_at: scene.time,
      completed_at: scene.time,
      worker_id: (await serverWorker(scene)).id,
      queue_position: null,
      result: { atoms: [1, 2, 3] },
      attempt: 1,
    });
    expect(contexts).toEqual([{ taskId: pending.id, roomId: 'lab', payload: { of: 'atoms' } }]);
  });

  it('tells the room of every step, and nobody that there is something to claim', async () => {
    const task = await submit(scene);
    const { context, complete } = await gated.of(task.id);
    await context.progress(0.5);
    complete(null);
    const { id } = await ended(scene, task);
    const { events } = scene.server;
    const steps = events.payloadsOf('task_status_event').map(({ id: of, status, progress }) => [of, status, progress]);
    expect(steps).toEqual([
      [id, 'pending', null],
      [id, 'claimed', null],
      [id, 'running', null],
      [id, 'running', 0.5],
      [id, 'completed', 0.5],
    ]);
    expect(events.events.filter(({ name, room }) => name === 'task_status_event' && room !== 'room:lab')).toEqual([]);
    expect(events.payloadsOf('task_available')).toEqual([]);
  });

  it('shows how far it is while it runs', async () => {
    const task = await submit(scene);
    const { context, complete } = await gated.of(task.id);
    const steps: Progress[] = [0.25, { current: 3, total: 4, message: 'nearly' }];
    for (const progress of steps) {
      await context.progress(progress);
      expect(bodyOf(200, await scene.sue.task(task.id))).toMatchObject({ status: 'running', progress, completed_at: null });
    }
    complete(undefined);
    expect(await ended(scene, task)).toMatchObject({ status: 'completed', result: null, progress: steps[1] });
  });

  it.each(Object.entries(BREAKS))('fails its task when it %s', async (how, [, error]) => {
    const task = await submit(scene, { how }, BREAK);
    expect(await ended(scene, task)).toMatchObject({ status: 'failed', result: null, error });
  });

  it('hears of a cancellation, after which nothing that it says counts', async () => {
    const [resolving, rejecting] = [await submit(scene), await submit(scene)];
    for (const task of [resolving, rejecting]) {
      const { context, complete, fail } = await gated.of(task.id);
      expect(context.signal.aborted).toBe(false);
      const cancelled = bodyOf(200, await scene.sue.report(task.id, 'cancelled', { error: 'changed my mind' }));
      expect(cancelled).toMatchObject({ status: 'cancelled', completed_at: scene.time });
      expect(context.signal.aborted).toBe(true);
      await expect(context.progress(0.9)).rejects.toMatchObject({ problem: 'InvalidTaskTransition' });
      if (task === resolving) complete('too late');
      else fail(new Error('too late'));
      // Whatever it says now was said before a task that was submitted afterwards has ended.
      const next = await submit(scene);
      (await gated.of(next.id)).complete(null);
      await ended(scene, next);
      expect(await ended(scene, task)).toEqual({ ...cancelled, error: 'changed my mind' });
    }
  });

  it('runs several tasks at a time, in their order', async () => {
    const tasks: TaskView[] = [];
    for (let count = 0; count < PARALLEL_RUNS + 4; count += 1) tasks.push(await submit(scene));
    const begun = (): (string | undefined)[] =>
      gated.runs.map(({ context }) => context.taskId).filter((taskId) => tasks.some(({ id }) => id === taskId));
    await until('as many runs as there may be', () => begun().length >= PARALLEL_RUNS);
    expect(begun()).toEqual(tasks.slice(0, PARALLEL_RUNS).map(({ id }) => id));
    for (const task of tasks) {
      (await gated.of(task.id)).complete(1);
      expect((await ended(scene, task)).status).toBe('completed');
    }
  });

  it('is listed in every room, with the server as its worker, and so are its tasks', async () => {
    const worker = await serverWorker(scene);
    expect(worker).toEqual({ id: expect.stringMatching(UUID7), last_heartbeat: scene.time, job_count: 3 });
    const summaries = ['Break', 'Atoms', 'Count'].map((name): JobSummary => ({
      full_name: `@internal:analysis:${name}`,
      category: 'analysis',
      name,
      workers: [worker.id],
    }));
    for (const room of ['lab', '@internal']) {
      const jobs = await scene.sue.call('GET', `/rooms/${room}/jobs`);
      expectJson(jobs, 200, { items: summaries, total: 3, limit: 50, offset: 0 });
    }
    expectJson(await scene.sue.call('GET', `/rooms/lab/jobs/${COUNT}`), 200, {
      id: expect.stringMatching(UUID7),
      room_id: '@internal',
      category: 'analysis',
      name: 'Count',
      full_name: COUNT,
      schema: { type: 'object' },
      workers: [worker.id],
    });
    const task = await ended(scene, await submit(scene, {}, ATOMS, 'shelf'));
    for (const path of ['/rooms/shelf/tasks', `/rooms/shelf/jobs/${ATOMS}/tasks`, '/rooms/shelf/tasks?status=completed']) {
      expectJson(await scene.sue.call('GET', path), 200, { items: [task], total: 1, limit: 50, offset: 0 });
    }
    expectJson(await scene.sue.call('GET', '/rooms/other/tasks'), 200, { items: [], total: 0, limit: 50, offset: 0 });
  });

  it('is never handed out over HTTP', async () => {
    const { worker_id } = bodyOf(200, await scene.root.register(COUNT, { schema: gated.schema }));
    const tasks: TaskView[] = [];
    for (let count = 0; count < PARALLEL_RUNS + 1; count += 1) tasks.push(await submit(scene));
    await gated.of((tasks[PARALLEL_RUNS - 1] as TaskView).id);
    expectJson(await scene.root.claim(worker_id), 200, { task: null });
    expectJson(await scene.root.claim(), 200, { task: null });
    await scene.root.removeWorker(worker_id);
    for (const { id } of tasks) (await gated.of(id)).complete(1);
    for (const task of tasks) await ended(scene, task);
  });

  it('stops the start when its name is none', async () => {
    for (const name of ['Count', '@global:analysis:Count', '@internal:analysis:', '@internal::Count']) {
      await expect(startWithJobs({ [name]: { run: async () => null } })).rejects.toThrow(`'${name}'`);
    }
  });
});

describe('an @internal job that no server runs', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startWithJobs({});
  });
  afterAll(() => scene.close());

  it('takes no submit', async () => {
    await scene.root.register(COUNT);
    const before = await scene.contents();
    const answer = await scene.sue.submit('lab', COUNT);
    expectProblem(answer, 'InternalJobNotConfigured');
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expectProblem(await scene.sue.call('POST', `/rooms/lab/tasks/${COUNT}/batch`, { payloads: [{}] }), 'InternalJobNotConfigured');
    expect(await scene.contents()).toEqual(before);
  });

  it('outlives its workers: it is never an orphan', async () => {
    const { worker_id } = bodyOf(201, await scene.root.register(ATOMS));
    await scene.root.removeWorker(worker_id);
    await scene.server.app.get(Sweeper).sweepOnce();
    expect((await scene.sue.call('GET', `/rooms/lab/jobs/${ATOMS}`)).status).toBe(200);
  });
});
