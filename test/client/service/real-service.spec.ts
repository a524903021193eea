import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Progress } from '@joblib/contract';
import { JobManager, defineExtension } from '@joblib/client';
import type { ClaimedTask } from '@joblib/client';
import { z } from 'zod';

import { aGate } from '../scene.js';
import { JoblibService } from './joblib-service.js';

let service: JoblibService;

beforeAll(async () => {
  service = await JoblibService.start({ ZNDRAW_JOBLIB_WORKER_DISCONNECT_GRACE_SECONDS: '0' });
});
afterEach(() => service.tidy());
afterAll(() => service.close());

const Rotate = defineExtension({
  name: 'Rotate',
  schema: z.object({ angle: z.number().default(90), steps: z.number().int().default(1) }),
  async run({ payload, progress }) {
    for (let step = 1; step <= payload.steps; step += 1) await progress({ current: step, total: payload.steps });
    if (payload.angle > 360) throw new RangeError(`${payload.angle}° is more than a turn.`);
    return { turned: payload.angle };
  },
});

/** Runs until somebody ends it. */
function waiting() {
  const running = aGate<AbortSignal>();
  const gate = aGate<unknown>();
  const Wait = defineExtension({
    name: 'Wait',
    async run({ signal }) {
      running.open(signal);
      return Promise.race([gate.promise, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
    },
  });
  return { running, gate, Wait };
}

describe('against the real service', () => {
  it('a task goes the whole way, its progress seen live', async () => {
    const worker = service.manager();
    const user = service.manager({ token: service.user });
    const job = await worker.register(Rotate);
    expect(job).toMatchObject({ full_name: '@global:modifiers:Rotate', worker_id: worker.workerId });
    void worker.serve();
    const task = await user.submit(Rotate, { angle: 45, steps: 50 }, { room: 'lab' });
    const told: Progress[] = [];
    const done = await user.waitFor(task.id, { onProgress: (progress) => told.push(progress) });
    expect(done).toMatchObject({ status: 'completed', result: { turned: 45 }, worker_id: worker.workerId });
    expect(told.at(-1)).toEqual({ current: 50, total: 50 });
  });

  it('what run throws and a payload that breaks the schema fail the task with a sentence', async () => {
    const worker = service.manager();
    await worker.register(Rotate);
    void worker.serve();
    const thrown = await worker.submit(Rotate, { angle: 400 }, { room: 'lab' });
    const broken = await worker.submit('@global:modifiers:Rotate', { angle: 'far', steps: 0.5 }, { room: 'lab' });
    expect(await worker.waitFor(thrown.id)).toMatchObject({ status: 'failed', error: '400° is more than a turn.' });
    expect((await worker.waitFor(broken.id)).error).toMatch(/^The payload breaks the schema: angle: .*; steps: /);
  });

  it('runs several at a time, and two workers on one job share its tasks', async () => {
    const gate = aGate();
    const seen: string[] = [];
    const Count = defineExtension({
      name: 'Count',
      async run({ task }) {
        seen.push(task.id);
        await gate.promise;
        return task.worker_id;
      },
    });
    const workers = [service.manager({ concurrency: 5 }), service.manager({ concurrency: 5 })];
    for (const worker of workers) await worker.register(Count, { room: 'lab' });
    const user = service.manager();
    const tasks = await Promise.all(Array.from({ length: 20 }, () => user.submit('lab:modifiers:Count', {}, { room: 'lab' })));
    for (const worker of workers) void worker.serve();
    gate.open();
    const done = await Promise.all(tasks.map(({ id }) => user.waitFor(id)));
    expect(new Set(done.map(({ status }) => status))).toEqual(new Set(['completed']));
    expect(seen.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
    expect(new Set(done.map(({ result }) => result)).size).toBe(2);
  });

  it('a cancel by the submitter aborts the run at once', async () => {
    const { Wait, running } = waiting();
    const worker = service.manager();
    const user = service.manager({ token: service.user });
    await worker.register(Wait);
    void worker.serve();
    const task = await user.submit(Wait, {}, { room: 'lab' });
    const signal = await running.promise;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    await user.cancel(task);
    await aborted;
    expect(await user.waitFor(task.id)).toMatchObject({ status: 'cancelled', result: null });
  });

  it('listens: claims, starts and completes by hand, a class as extension', async () => {
    class Square {
      static readonly category = 'analysis';
      static readonly schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
      readonly n: number = 0;
      run(): number {
        return this.n ** 2;
      }
    }
    const worker = service.manager();
    await worker.register(Square, { room: 'lab' });
    const stream = worker.listen();
    const next = stream.next();
    const task = await worker.submit(Square, { n: 7 }, { room: 'lab', jobRoom: 'lab' });
    const claimed = (await next).value as ClaimedTask;
    await worker.start(claimed);
    await worker.progress(claimed, 0.5);
    await worker.complete(claimed, await claimed.extension.run());
    await stream.return();
    expect(await worker.waitFor(task.id)).toMatchObject({ status: 'completed', result: 49, progress: 0.5 });
    expect(await worker.claim()).toBeNull();
  });

  it('submits once, whatever is lost on the way', async () => {
    const worker = service.manager();
    await worker.register(Rotate, { room: 'single' });
    let losses = 2;
    const user = service.manager({
      maxStartupRetries: 5,
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (init.method === 'POST' && losses-- > 0) throw new TypeError('The answer was lost.');
        return response;
      },
      clock: { nowMs: () => performance.now(), startTimer: (delayMs, onElapsed) => timer(delayMs / 1000, onElapsed) },
    });
    const task = await user.submit(Rotate, { angle: 1 }, { room: 'single', jobRoom: 'single' });
    expect(await user.api.listTasks('single')).toMatchObject({ total: 1, items: [{ id: task.id }] });
  });

  it('leaves at the end of the block: worker and orphaned job are gone', async () => {
    let workerId = '';
    {
      await using manager = new JobManager({ url: service.url, token: service.superuser });
      await manager.register(Rotate, { room: 'short' });
      workerId = manager.workerId ?? '';
    }
    const user = service.manager();
    await expect(user.api.heartbeat(workerId)).rejects.toMatchObject({ problem: 'WorkerNotFound' });
    expect(await user.api.listJobs('short')).toMatchObject({ total: 0 });
  });

  it('disconnects once: a second call, and one of a manager whose worker is gone, do nothing', async () => {
    const worker = service.manager();
    await worker.register(Rotate);
    await worker.api.deleteWorker(worker.workerId ?? '');
    await Promise.all([worker.disconnect(), worker.disconnect()]);
    await worker.disconnect();
    expect(worker.stopped).toEqual({ kind: 'disconnected' });
  });

  it('stops cleanly when its worker was deleted', async () => {
    const worker = service.manager();
    await worker.register(Rotate);
    const served = worker.serve();
    await service.manager().api.deleteWorker(worker.workerId ?? '');
    expect(await served).toMatchObject({ kind: 'registration-lost', error: { problem: 'WorkerNotFound' } });
  });

  it('asks for a new token when the old one is refused', async () => {
    const tokens = ['expired.or.forged', service.superuser];
    const worker = service.manager({ token: async () => tokens.shift() ?? service.superuser });
    await worker.register(Rotate);
    void worker.serve();
    const task = await worker.submit(Rotate, {}, { room: 'lab' });
    expect(await worker.waitFor(task.id)).toMatchObject({ status: 'completed' });
    expect(tokens).toEqual([]);
  });

  it('fails at once where it is not allowed', async () => {
    const user = service.manager({ token: service.user });
    await expect(user.register(Rotate)).rejects.toMatchObject({ problem: 'Forbidden' });
    await expect(user.register({ ...Rotate, category: 'nonsense' }, { room: 'lab' })).rejects.toMatchObject({ problem: 'InvalidCategory' });
    const stranger = service.manager({ token: 'nobody' });
    await expect(stranger.register(Rotate)).rejects.toMatchObject({ problem: 'Unauthorized' });
  });
});

describe('a worker program', () => {
  it('that is killed leaves its task failed, and other workers go on', async () => {
    const program = await service.worker();
    const user = service.manager();
    const task = await user.submit('@global:modifiers:Wait', { endless: true }, { room: 'lab' });
    await program.printed('running');
    expect(await program.end('SIGKILL')).toBe('SIGKILL');
    expect(await user.waitFor(task.id)).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
    const { Wait, gate } = waiting();
    await user.register(Wait);
    void user.serve();
    gate.open('by another');
    const next = await user.submit(Wait, {}, { room: 'lab' });
    expect(await user.waitFor(next.id)).toMatchObject({ status: 'completed', result: 'by another' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('takes its leave at %s and ends by itself', async (signal) => {
    const program = await service.worker();
    const user = service.manager();
    expect(await user.api.listWorkers('@global')).toMatchObject({ total: 1 });
    expect([await program.end(signal), program.output]).toEqual([0, expect.stringContaining('stopped: disconnected')]);
    expect(await user.api.listWorkers('@global')).toMatchObject({ total: 0 });
  });

  it('finishes at SIGINT what it is doing', async () => {
    const program = await service.worker();
    const user = service.manager();
    const task = await user.submit('@global:modifiers:Wait', {}, { room: 'lab' });
    await program.printed('running');
    expect([await program.end('SIGINT'), program.output]).toEqual([0, expect.stringContaining('stopped: disconnected')]);
    expect(await user.waitFor(task.id)).toMatchObject({ status: 'completed', result: 'finished' });
  });
});

/** A timer of the machine's own clock. */
function timer(delayMs: number, onElapsed: () => void): () => void {
  const handle = setTimeout(onElapsed, delayMs);
  return () => clearTimeout(handle);
}
