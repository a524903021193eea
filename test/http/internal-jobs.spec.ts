import { INTERNAL_REGISTRY, Sweeper } from '@joblib/nestjs';
import type { InternalJob, InternalJobContext, JoblibSettings } from '@joblib/nestjs';
import { afterEach, describe, expect, it } from '@jest/globals';

import { until } from '../support/until.js';
import { expectJson, expectProblem } from './expectations.js';
import { Scene, bodyOf } from './scene.js';

const SUM = '@internal:analysis:Sum';

/** A job whose runs are in the hands of the test. */
class HeldJob implements InternalJob {
  readonly runs: { context: InternalJobContext; resolve: (result: unknown) => void; reject: (error: unknown) => void }[] = [];

  run(context: InternalJobContext): Promise<unknown> {
    return new Promise((resolve, reject) => this.runs.push({ context, resolve, reject }));
  }

  /** The run of this number, once it has begun. */
  async begun(number: number): Promise<HeldJob['runs'][number]> {
    await until(`run ${number}`, () => this.runs.length > number);
    const run = this.runs[number];
    if (run === undefined) throw new Error(`There is no run ${number}.`);
    return run;
  }
}

describe('an @internal job', () => {
  let scene: Scene;
  afterEach(() => scene.close());

  async function start(jobs: Record<string, InternalJob>, settings: Partial<JoblibSettings> = {}): Promise<void> {
    const overrides = [{ provide: INTERNAL_REGISTRY, useValue: { jobs: new Map(Object.entries(jobs)) } }];
    scene = await Scene.start({ overrides, settings });
  }

  const submit = async (payload: unknown = {}) => bodyOf(202, await scene.sue.submit('lab', SUM, payload));
  const ended = async (id: string) => bodyOf(200, await scene.sue.task(id, { prefer: 'wait=30' }));

  it('is run by the server, from claim to result', async () => {
    await start({ [SUM]: { run: ({ payload }) => Promise.resolve({ sum: (payload['terms'] as number[]).reduce((a, b) => a + b) }) } });
    const { id } = await submit({ terms: [1, 2, 3] });
    expect(await ended(id)).toMatchObject({ status: 'completed', result: { sum: 6 }, error: null, attempt: 1, room_id: 'lab' });
    const told = scene.server.events.payloadsOf('task_status_event').map(({ status }) => status);
    expect(told).toEqual(['pending', 'claimed', 'running', 'completed']);
    expect(scene.server.events.payloadsOf('task_available')).toEqual([]);
  });

  it('is listed with its schema and this server as its worker', async () => {
    const schema = { type: 'object', title: 'Sum' };
    await start({ [SUM]: { schema, run: () => Promise.resolve(1) } });
    const workers = bodyOf(200, await scene.sue.call<{ items: { id: string }[] }>('GET', '/workers')).items.map(({ id }) => id);
    expectJson(await scene.sue.call('GET', `/rooms/lab/jobs/${SUM}`), 200, {
      id: expect.any(String),
      room_id: '@internal',
      category: 'analysis',
      name: 'Sum',
      full_name: SUM,
      schema,
      workers,
    });
    expect(workers).toHaveLength(1);
  });

  it('hands over the task, the room and the payload, and shows progress', async () => {
    const job = new HeldJob();
    await start({ [SUM]: job });
    const { id } = await submit({ n: 1 });
    const { context, resolve } = await job.begun(0);
    expect(context).toMatchObject({ taskId: id, roomId: 'lab', payload: { n: 1 } });
    await context.progress({ current: 1, total: 2, message: 'half' });
    expect((await scene.sue.task(id)).body).toMatchObject({ status: 'running', progress: { current: 1, total: 2, message: 'half' } });
    resolve(undefined);
    expect(await ended(id)).toMatchObject({ status: 'completed', result: null });
  });

  it('that throws fails its task with the message', async () => {
    const job = new HeldJob();
    await start({ [SUM]: job });
    const [first, second] = [await submit(), await submit()];
    (await job.begun(0)).reject(new Error('no "numbers"'));
    (await job.begun(1)).reject('a string');
    expect(await ended(first.id)).toMatchObject({ status: 'failed', error: 'no "numbers"', result: null });
    expect(await ended(second.id)).toMatchObject({ status: 'failed', error: 'a string' });
  });

  it.each([
    [
      'throws at once',
      () => {
        throw new Error('at once');
      },
      'at once',
    ],
    ['answers what is no JSON', () => Promise.resolve(1n), 'BigInt'],
  ])('that %s fails its task', async (_, run, reason) => {
    await start({ [SUM]: { run } });
    expect(await ended((await submit()).id)).toMatchObject({ status: 'failed', error: expect.stringContaining(reason) });
  });

  it('is told when its task is cancelled, and what it answers then counts for nothing', async () => {
    const job = new HeldJob();
    await start({ [SUM]: job });
    const { id } = await submit();
    const { context, resolve } = await job.begun(0);
    expect(context.signal.aborted).toBe(false);
    bodyOf(200, await scene.sue.report(id, 'cancelled'));
    expect(context.signal.aborted).toBe(true);
    resolve({ late: true });
    const next = await submit();
    (await job.begun(1)).resolve('next');
    expect(await ended(next.id)).toMatchObject({ status: 'completed', result: 'next' });
    expect((await scene.sue.task(id)).body).toMatchObject({ status: 'cancelled', result: null });
  });

  it('runs several tasks at a time, in their order', async () => {
    const job = new HeldJob();
    await start({ [SUM]: job });
    const ids = [];
    for (let count = 0; count < 12; count += 1) ids.push((await submit()).id);
    await job.begun(7);
    expect(job.runs.map(({ context }) => context.taskId)).toEqual(ids.slice(0, 8));
    for (const run of job.runs) run.resolve(1);
    await job.begun(11);
    for (const run of job.runs) run.resolve(1);
    for (const id of ids) expect((await ended(id)).status).toBe('completed');
  });

  it('takes no submit where no server can run it', async () => {
    await start({});
    await scene.root.register(SUM);
    const before = await scene.contents();
    const answer = await scene.sue.submit('lab', SUM);
    expectProblem(answer, 'InternalJobNotConfigured');
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expectProblem(await scene.sue.call('POST', `/rooms/lab/tasks/${SUM}/batch`, { payloads: [{}] }), 'InternalJobNotConfigured');
    expect(await scene.contents()).toEqual(before);
  });

  it('is never handed out over HTTP', async () => {
    const job = new HeldJob();
    await start({ [SUM]: job });
    const { worker_id } = bodyOf(200, await scene.root.register(SUM));
    for (let count = 0; count < 9; count += 1) await submit();
    await job.begun(7);
    expectJson(await scene.root.claim(worker_id), 200, { task: null });
    expectJson(await scene.root.claim(), 200, { task: null });
    for (const run of job.runs) run.resolve(1);
  });

  it('that is stuck is failed by the sweeper, and its run is told', async () => {
    const job = new HeldJob();
    await start({ [SUM]: job }, { internalTaskTimeoutSeconds: 100, workerTimeoutSeconds: 1e6 });
    const { id } = await submit();
    const { context, resolve } = await job.begun(0);
    await until('the start', async () => (await scene.sue.task(id)).body.status === 'running');
    scene.server.clock.advance(100);
    await scene.server.app.get(Sweeper).sweepOnce();
    expect((await scene.sue.task(id)).body.status).toBe('running');
    scene.server.clock.advance(1);
    expect(await scene.server.app.get(Sweeper).sweepOnce()).toMatchObject({ stuckInternalTasks: 1 });
    expect((await scene.sue.task(id)).body).toMatchObject({ status: 'failed', completed_at: scene.time });
    expect(context.signal.aborted).toBe(true);
    resolve(1);
  });

  it('outlives workers and tasks: it is never an orphan', async () => {
    await start({});
    const { worker_id } = bodyOf(201, await scene.root.register(SUM));
    await scene.root.removeWorker(worker_id);
    await scene.server.app.get(Sweeper).sweepOnce();
    expect((await scene.sue.call('GET', `/rooms/lab/jobs/${SUM}`)).status).toBe(200);
  });

  it('leaves nothing behind in a running state when the server stops', async () => {
    const job: InternalJob = {
      run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    };
    await start({ [SUM]: job });
    const { id } = await submit();
    await until('the start', async () => (await scene.sue.task(id)).body.status === 'running');
    const told = scene.server.events;
    await scene.close();
    expect(told.payloadsOf('task_status_event').at(-1)).toMatchObject({ id, status: 'failed', error: 'stopped' });
  });
});
