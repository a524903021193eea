import { afterEach, describe, expect, it } from '@jest/globals';
import { INTERNAL_REGISTRY, Sweeper } from '@joblib/nestjs';
import type { InternalJob, InternalJobContext } from '@joblib/nestjs';
import type { JobSummary, JobView, Page, Progress, TaskView, WorkerSummary } from '@joblib/contract';
import { FakeClock } from '@joblib/nestjs/testing';

import { lastingDatabase } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';
import { claimsHeld, until } from '../support/until.js';
import type { JoblibAppOptions } from '../support/joblib-app.js';
import { UUID7, expectJson, expectProblem, taskView } from './expectations.js';
import { Scene, bodyOf } from './scene.js';

const COUNT = '@internal:analysis:Count';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function sceneWith(jobs: Record<string, InternalJob>, options: JoblibAppOptions = {}): Promise<Scene> {
  const registry = { jobs: new Map(Object.entries(jobs)) };
  const scene = await Scene.start({
    ...options,
    overrides: [{ provide: INTERNAL_REGISTRY, useValue: registry }, ...(options.overrides ?? [])],
  });
  closers.push(() => {
    for (const job of Object.values(jobs)) if (job instanceof GatedJob) job.endAll();
    return scene.close();
  });
  return scene;
}

/** A database that outlives servers, and is removed after the test. */
async function keptDatabase(): Promise<TestDatabase> {
  const database = await lastingDatabase();
  closers.push(() => database.remove());
  return database;
}

/** A job whose runs go on until the test ends them. */
class GatedJob implements InternalJob {
  readonly runs: {
    readonly context: InternalJobContext;
    readonly complete: (result: unknown) => void;
    readonly fail: (error: unknown) => void;
  }[] = [];

  constructor(readonly schema: Record<string, unknown> = {}) {}

  run(context: InternalJobContext): Promise<unknown> {
    return new Promise((complete, fail) => this.runs.push({ context, complete, fail }));
  }

  /** A server that stops waits for its runs. */
  endAll(): void {
    for (const { complete } of this.runs) complete(null);
  }

  /** The run of a task, once it has begun. */
  async of(taskId: string): Promise<GatedJob['runs'][number]> {
    await until(`the run of ${taskId}`, () => this.runs.some(({ context }) => context.taskId === taskId));
    const run = this.runs.find(({ context }) => context.taskId === taskId);
    if (run === undefined) throw new Error(`Task ${taskId} has no run.`);
    return run;
  }
}

async function submit(scene: Scene, payload: unknown = {}): Promise<TaskView> {
  return bodyOf(202, await scene.sue.submit('lab', COUNT, payload));
}

async function ended(scene: Scene, { id }: TaskView): Promise<TaskView> {
  return bodyOf(200, await scene.sue.task(id, { prefer: 'wait=20' }));
}

async function serverWorker(scene: Scene): Promise<WorkerSummary> {
  const { items } = bodyOf(200, await scene.sue.call<Page<WorkerSummary>>('GET', '/rooms/@internal/workers'));
  const [worker] = items;
  if (worker === undefined || items.length > 1) throw new Error(`One worker was expected, not ${items.length}.`);
  return worker;
}

describe('an @internal job of the registry', () => {
  it('runs inside the server: its task is claimed, started and completed with the result', async () => {
    const contexts: Omit<InternalJobContext, 'signal' | 'progress'>[] = [];
    const run = async ({ taskId, roomId, payload }: InternalJobContext): Promise<unknown> => {
      contexts.push({ taskId, roomId, payload });
      return { atoms: [1, 2, 3] };
    };
    const scene = await sceneWith({ [COUNT]: { run } });
    const submitted = await scene.sue.submit('lab', COUNT, { of: 'atoms' });
    const pending = taskView({ id: submitted.body.id, created_at: scene.time, job_name: COUNT, payload: { of: 'atoms' } });
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
    const scene = await sceneWith({ [COUNT]: { run: async ({ progress }) => progress(0.5) } });
    const { id } = await ended(scene, await submit(scene));
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
    const job = new GatedJob();
    const scene = await sceneWith({ [COUNT]: job });
    const task = await submit(scene);
    const { context, complete } = await job.of(task.id);
    const steps: Progress[] = [0.25, { current: 3, total: 4, message: 'nearly' }];
    for (const progress of steps) {
      await context.progress(progress);
      expect(bodyOf(200, await scene.sue.task(task.id))).toMatchObject({ status: 'running', progress, completed_at: null });
    }
    complete(undefined);
    expect(await ended(scene, task)).toMatchObject({ status: 'completed', result: null, progress: steps[1] });
  });

  it('fails its task when the result or progress cannot be JSON', async () => {
    const scene = await sceneWith({
      [COUNT]: { run: async ({ payload, progress }) => (payload['inProgress'] === true ? progress(10n as unknown as number) : 10n) },
    });
    for (const inProgress of [true, false]) {
      const task = await ended(scene, await submit(scene, { inProgress }));
      expect(task).toMatchObject({ status: 'failed', result: null, error: expect.stringMatching(/BigInt/) });
    }
  });

  it('hears of a cancellation, after which nothing that it says counts', async () => {
    const job = new GatedJob();
    const scene = await sceneWith({ [COUNT]: job });
    const [resolving, rejecting] = [await submit(scene), await submit(scene)];
    for (const task of [resolving, rejecting]) {
      const { context, complete, fail } = await job.of(task.id);
      expect(context.signal.aborted).toBe(false);
      const cancelled = bodyOf(200, await scene.sue.report(task.id, 'cancelled', { error: 'changed my mind' }));
      expect(cancelled).toMatchObject({ status: 'cancelled', completed_at: scene.time });
      expect(context.signal.aborted).toBe(true);
      await expect(context.progress(0.9)).rejects.toMatchObject({ problem: 'InvalidTaskTransition' });
      if (task === resolving) complete('too late');
      else fail(new Error('too late'));
      // Whatever it says now was said before a task that was submitted afterwards has ended.
      const next = await submit(scene);
      (await job.of(next.id)).complete(null);
      await ended(scene, next);
      expect(await ended(scene, task)).toEqual({ ...cancelled, error: 'changed my mind' });
    }
  });

  it('is listed in every room, with the server as its worker, and so are its tasks', async () => {
    const scene = await sceneWith({ [COUNT]: { schema: { type: 'object' }, run: async () => null } });
    const worker = await serverWorker(scene);
    expect(worker).toEqual({ id: expect.stringMatching(UUID7), last_heartbeat: scene.time, job_count: 1 });
    const summary: JobSummary = { full_name: COUNT, category: 'analysis', name: 'Count', workers: [worker.id] };
    for (const room of ['lab', '@internal']) {
      const jobs = await scene.sue.call('GET', `/rooms/${room}/jobs`);
      expectJson(jobs, 200, { items: [summary], total: 1, limit: 50, offset: 0 });
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
    const task = await ended(scene, await submit(scene));
    for (const path of ['/rooms/lab/tasks', `/rooms/lab/jobs/${COUNT}/tasks`, '/rooms/lab/tasks?status=completed']) {
      expectJson(await scene.sue.call('GET', path), 200, { items: [task], total: 1, limit: 50, offset: 0 });
    }
    expectJson(await scene.sue.call('GET', '/rooms/other/tasks'), 200, { items: [], total: 0, limit: 50, offset: 0 });
  });

  it('stops the start when its name is none', async () => {
    for (const name of ['Count', '@global:analysis:Count', '@internal:analysis:', '@internal::Count']) {
      await expect(sceneWith({ [name]: { run: async () => null } })).rejects.toThrow(`'${name}'`);
    }
  });
});

describe('the server as a worker', () => {
  it('sends heartbeats', async () => {
    const scene = await sceneWith({ [COUNT]: { run: async () => null } }, { settings: { workerTimeoutSeconds: 0.15 } });
    const before = await serverWorker(scene);
    scene.server.clock.advance(0.1);
    await until('a heartbeat', async () => (await serverWorker(scene)).last_heartbeat === scene.time);
    expect((await serverWorker(scene)).id).toBe(before.id);
  });

  it('goes when the server stops: its tasks are told, and what they leave open fails', async () => {
    const database = await keptDatabase();
    const job: InternalJob = {
      run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('the server stops')))),
    };
    const clock = new FakeClock();
    const stopping = await sceneWith({ [COUNT]: job }, { database, clock });
    const task = await submit(stopping);
    await until('the start', async () => bodyOf(200, await stopping.sue.task(task.id)).status === 'running');
    await stopping.close();
    const next = await Scene.start({ database, clock });
    closers.push(() => next.close());
    expect(bodyOf(200, await next.sue.task(task.id))).toMatchObject({ status: 'failed', error: 'the server stops' });
    expectJson(await next.sue.call('GET', '/workers'), 200, { items: [], total: 0, limit: 50, offset: 0 });
    expectProblem(await next.sue.submit('lab', COUNT), 'InternalJobNotConfigured');
  });

  it('has the last word on the schema of its jobs', async () => {
    const database = await keptDatabase();
    const first = await sceneWith({ [COUNT]: new GatedJob({ type: 'object', required: ['a'] }) }, { database });
    const jobBefore = bodyOf(200, await first.sue.call<JobView>('GET', `/rooms/lab/jobs/${COUNT}`));
    await first.close();
    const second = await sceneWith(
      { [COUNT]: new GatedJob({ type: 'object', required: ['b'] }) },
      { database, settings: { payloadValidation: true } },
    );
    const jobAfter = bodyOf(200, await second.sue.call<JobView>('GET', `/rooms/lab/jobs/${COUNT}`));
    expect(jobAfter).toEqual({ ...jobBefore, schema: { type: 'object', required: ['b'] }, workers: [(await serverWorker(second)).id] });
    expectProblem(await second.sue.submit('lab', COUNT, { a: 1 }), 'PayloadInvalid', ['/payload']);
    bodyOf(202, await second.sue.submit('lab', COUNT, { b: 1 }));
    expectProblem(await second.root.register(COUNT, { schema: { type: 'object', required: ['a'] } }), 'SchemaConflict');
  });

  it('has a task that runs for too long failed by the sweeper, and tells the run', async () => {
    const job = new GatedJob();
    const scene = await sceneWith({ [COUNT]: job }, { settings: { internalTaskTimeoutSeconds: 10, workerTimeoutSeconds: 60 } });
    const task = await submit(scene);
    const { context, complete } = await job.of(task.id);
    const sweeper = scene.server.app.get(Sweeper);
    scene.server.clock.advance(10);
    expect(await sweeper.sweepOnce()).toMatchObject({ stuckInternalTasks: 0 });
    scene.server.clock.advance(0.001);
    scene.server.events.clear();
    expect(await sweeper.sweepOnce()).toEqual({
      workers: 0,
      stuckInternalTasks: 1,
      putBackTasks: 0,
      orphanJobs: 0,
      expiredKeys: 0,
      expiredTasks: 0,
    });
    const failed = await ended(scene, task);
    expect(failed).toMatchObject({ status: 'failed', error: 'Internal worker timeout', completed_at: scene.time, attempt: 1 });
    expect(scene.server.events.events).toEqual([
      {
        name: 'task_status_event',
        room: 'room:lab',
        payload: expect.objectContaining({ id: task.id, status: 'failed', error: 'Internal worker timeout' }),
      },
    ]);
    expect(context.signal.aborted).toBe(true);
    complete('too late');
    const next = await submit(scene);
    (await job.of(next.id)).complete('in time');
    expect(await ended(scene, next)).toMatchObject({ status: 'completed', result: 'in time' });
    expect(await ended(scene, task)).toEqual(failed);
  });

  it('comes back under a new id when it was swept', async () => {
    const job = new GatedJob();
    const scene = await sceneWith({ [COUNT]: job });
    const before = await serverWorker(scene);
    const lost = await submit(scene);
    const { context } = await job.of(lost.id);
    // The server asks for more at once, which shows life; what is written after that is written after its last look.
    await claimsHeld(scene.server, 1);
    bodyOf(200, await scene.eve.claim());
    scene.server.clock.advance(61);
    expect(await scene.server.app.get(Sweeper).sweepOnce()).toMatchObject({ workers: 1, orphanJobs: 0 });
    expect(await ended(scene, lost)).toMatchObject({ status: 'failed', error: 'Worker disconnected', worker_id: before.id });
    expect(context.signal.aborted).toBe(true);
    const next = await submit(scene);
    (await job.of(next.id)).complete(null);
    expect(await ended(scene, next)).toMatchObject({ status: 'completed', worker_id: (await serverWorker(scene)).id });
    expect((await serverWorker(scene)).id).not.toBe(before.id);
  });
});
