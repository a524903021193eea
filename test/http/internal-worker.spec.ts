import { afterEach, describe, expect, it } from '@jest/globals';
import { Sweeper } from '@joblib/nestjs';
import type { InternalJob } from '@joblib/nestjs';
import type { JobView } from '@joblib/contract';
import { FakeClock } from '@joblib/nestjs/testing';

import { lastingDatabase } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';
import { claimsHeld, until } from '../support/until.js';
import type { JoblibAppOptions } from '../support/joblib-app.js';
import { expectJson, expectProblem } from './expectations.js';
import { COUNT, GatedJob, ended, serverWorker, startWithJobs, submit } from './internal-scene.js';
import { Scene, bodyOf } from './scene.js';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that is closed after the test. */
async function sceneWith(job: InternalJob, options?: JoblibAppOptions): Promise<Scene> {
  const scene = await startWithJobs({ [COUNT]: job }, options);
  closers.push(() => {
    if (job instanceof GatedJob) job.endAll();
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

describe('the server as a worker', () => {
  it('sends heartbeats', async () => {
    const scene = await sceneWith({ run: async () => null }, { settings: { workerTimeoutSeconds: 0.15 } });
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
    const stopping = await sceneWith(job, { database, clock });
    const task = await submit(stopping);
    await until('the start', async () => bodyOf(200, await stopping.sue.task(task.id)).status === 'running');
    await stopping.close();
    expect(stopping.server.events.payloadsOf('task_status_event').at(-1)).toMatchObject({
      id: task.id,
      status: 'failed',
      error: 'the server stops',
    });
    const next = await Scene.start({ database, clock });
    closers.push(() => next.close());
    expect(bodyOf(200, await next.sue.task(task.id))).toMatchObject({ status: 'failed', error: 'the server stops' });
    expectJson(await next.sue.call('GET', '/workers'), 200, { items: [], total: 0, limit: 50, offset: 0 });
    expectProblem(await next.sue.submit('lab', COUNT), 'InternalJobNotConfigured');
  });

  it('has the last word on the schema of its jobs', async () => {
    const database = await keptDatabase();
    const first = await sceneWith(new GatedJob({ type: 'object', required: ['a'] }), { database });
    const jobBefore = bodyOf(200, await first.sue.call<JobView>('GET', `/rooms/lab/jobs/${COUNT}`));
    await first.close();
    const second = await sceneWith(new GatedJob({ type: 'object', required: ['b'] }), { database, settings: { payloadValidation: true } });
    const jobAfter = bodyOf(200, await second.sue.call<JobView>('GET', `/rooms/lab/jobs/${COUNT}`));
    expect(jobAfter).toEqual({ ...jobBefore, schema: { type: 'object', required: ['b'] }, workers: [(await serverWorker(second)).id] });
    expectProblem(await second.sue.submit('lab', COUNT, { a: 1 }), 'PayloadInvalid', ['/payload']);
    bodyOf(202, await second.sue.submit('lab', COUNT, { b: 1 }));
    expectProblem(await second.root.register(COUNT, { schema: { type: 'object', required: ['a'] } }), 'SchemaConflict');
  });

  it('has a task that runs for too long failed by the sweeper, and tells the run', async () => {
    const job = new GatedJob();
    const scene = await sceneWith(job, { settings: { internalTaskTimeoutSeconds: 10, workerTimeoutSeconds: 60 } });
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
      expiredDeliveries: 0,
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
    const scene = await sceneWith(job);
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
