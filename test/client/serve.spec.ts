import { afterEach, describe, expect, it } from '@jest/globals';
import { defineExtension } from '@joblib/client';
import type { ReportProgress } from '@joblib/client';
import { quiet } from '@joblib/client/testing';

import { DOUBLE, Double, aGate, aScene, clearScenes } from './scene.js';

afterEach(clearScenes);

describe('serve', () => {
  it('claims, starts, runs and completes with what run returned', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    const served = manager.serve();
    const { id } = server.submit('lab', DOUBLE, { n: 21 });
    expect(await server.ended(id)).toMatchObject({ status: 'completed', result: { doubled: 42 }, worker_id: manager.workerId });
    await manager.disconnect();
    expect(await served).toEqual({ kind: 'disconnected' });
  });

  it('runs as many tasks at a time as concurrency says, and claims that many', async () => {
    const gate = aGate();
    const started: unknown[] = [];
    const Wait = defineExtension({
      name: 'Wait',
      async run({ payload }) {
        started.push(payload['n']);
        await gate.promise;
      },
    });
    const { server, manager } = aScene({ concurrency: 3 });
    await manager.register(Wait);
    const tasks = [1, 2, 3, 4].map((n) => server.submit('lab', '@global:modifiers:Wait', { n }));
    void manager.serve();
    await quiet();
    expect(started).toEqual([1, 2, 3]);
    expect(server.requests.find(({ path }) => path.endsWith('/claim'))).toMatchObject({
      body: { max_tasks: 3 },
      headers: { Prefer: 'wait=30' },
    });
    gate.open();
    for (const { id } of tasks) expect(await server.ended(id)).toMatchObject({ status: 'completed', result: null });
  });

  it('holds one claim, and does not ask again while the server holds it', async () => {
    const { clock, server, manager } = aScene();
    await manager.register(Double);
    void manager.serve();
    await clock.advance(65);
    expect(server.requests.filter(({ path }) => path.endsWith('/claim'))).toHaveLength(3);
  });

  it('fails a task with the message of what run threw', async () => {
    const Broken = defineExtension({
      name: 'Broken',
      run: () => {
        throw new RangeError('The box is too small.');
      },
    });
    const { server, manager } = aScene();
    await manager.register(Broken);
    void manager.serve();
    const { id } = server.submit('lab', '@global:modifiers:Broken');
    expect(await server.ended(id)).toMatchObject({ status: 'failed', error: 'The box is too small.' });
  });

  it('fails a task whose payload breaks the schema, naming the fields, and goes on', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    void manager.serve();
    const bad = server.submit('lab', DOUBLE, { n: 'many' });
    const good = server.submit('lab', DOUBLE, { n: 1 });
    expect(await server.ended(bad.id)).toMatchObject({
      status: 'failed',
      started_at: null,
      error: 'The payload breaks the schema: n: must be number, is string',
    });
    expect(await server.ended(good.id)).toMatchObject({ status: 'completed' });
  });

  it.each([
    ['is no JSON', () => 1n, /^The result cannot be used: .*BigInt/],
    ['holds itself', selfHolding, /^The result cannot be used: .*circular/],
  ])('fails a task whose result %s', async (_, run, error) => {
    const { server, manager } = aScene();
    await manager.register(defineExtension({ name: 'Odd', run }));
    void manager.serve();
    const { id } = server.submit('lab', '@global:modifiers:Odd');
    expect((await server.ended(id)).error).toMatch(error);
  });

  it('fails a task whose result the server refuses', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    server.refuseNext({ method: 'PATCH', status: 'completed' }, 'PayloadTooLarge', 'More than 1 MiB.');
    void manager.serve();
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    expect(await server.ended(id)).toMatchObject({ status: 'failed', error: 'The result cannot be used: More than 1 MiB.' });
  });

  it('aborts the signal of a run whose task is cancelled, and reports nothing more', async () => {
    const reasons: unknown[] = [];
    const running = aGate();
    const Endless = defineExtension({
      name: 'Endless',
      async run({ signal }) {
        running.open();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        reasons.push(signal.reason);
        signal.throwIfAborted();
      },
    });
    const { server, manager, log } = aScene();
    await manager.register(Endless);
    void manager.serve();
    const { id } = server.submit('lab', '@global:modifiers:Endless');
    await running.promise;
    server.cancel(id);
    await quiet();
    expect(reasons).toEqual([new Error('The task was cancelled.')]);
    expect(server.requests.filter(({ path, method }) => method === 'PATCH' && path.endsWith(id))).toHaveLength(1);
    expect(log.lines).toEqual([`info Task ${id} is no longer ours: The task was cancelled.`]);
  });

  it('without sockets learns of a cancel from the answer to its progress', async () => {
    const aborted = aGate();
    const running = aGate();
    const Steps = defineExtension({
      name: 'Steps',
      async run({ signal, progress }) {
        running.open();
        for (let step = 0; !signal.aborted; step += 1) await progress({ current: step, total: 100 });
        aborted.open();
      },
    });
    const { server, manager } = aScene({ socket: false });
    await manager.register(Steps);
    void manager.serve();
    const { id } = server.submit('lab', '@global:modifiers:Steps');
    await running.promise;
    server.cancel(id);
    await aborted.promise;
    expect(server.task(id).status).toBe('cancelled');
  });

  it('sends the latest progress of many, one at a time, and none after the end', async () => {
    let say: ReportProgress | undefined;
    const Eager = defineExtension({
      name: 'Eager',
      async run({ progress }) {
        for (let step = 1; step <= 1000; step += 1) void progress(step / 1000);
        await progress(1);
        say = progress;
      },
    });
    const { server, manager } = aScene();
    await manager.register(Eager);
    void manager.serve();
    const { id } = server.submit('lab', '@global:modifiers:Eager');
    expect(await server.ended(id)).toMatchObject({ status: 'completed', progress: 1 });
    await say?.(0.5);
    const sent = server.requests.filter(({ method, path }) => method === 'PATCH' && path.endsWith(id)).map(({ body }) => body);
    expect(sent).toEqual([
      { status: 'running' },
      { status: 'running', progress: 0.001 },
      { status: 'running', progress: 1 },
      { status: 'completed' },
    ]);
  });

  it('gives the run its context, its task and the handlers of the providers', async () => {
    class Files {
      static readonly category = 'files';
      read(): null {
        return null;
      }
    }
    const seen: unknown[] = [];
    const Look = defineExtension({
      name: 'Look',
      run({ context, task, handlers }) {
        seen.push(context, task.room_id, [...handlers]);
      },
    });
    const { server, manager } = aScene();
    await manager.registerProvider(Files, { name: 'local', handler: 'a disk' });
    await manager.register(Look, { context: { model: 'big' } });
    void manager.serve();
    const { id } = server.submit('lab', '@global:modifiers:Look');
    await server.ended(id);
    expect(seen).toEqual([{ model: 'big' }, 'lab', [['@global:files:local', 'a disk']]]);
  });

  it('skips a task that was cancelled between its claim and its start', async () => {
    const { server, manager, log } = aScene();
    await manager.register(Double);
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    server.refuseNext({ method: 'PATCH', path: id }, 'InvalidTaskTransition', 'It is cancelled.');
    void manager.serve();
    const next = server.submit('lab', DOUBLE, { n: 2 });
    expect(await server.ended(next.id)).toMatchObject({ status: 'completed' });
    expect(log.lines).toEqual([`info Task ${id} is no longer ours: It is cancelled.`]);
  });

  it('ends with its own signal, finishes what is running, and leaves the worker as it is', async () => {
    const gate = aGate();
    const running = aGate();
    const Wait = defineExtension({
      name: 'Wait',
      async run() {
        running.open();
        await gate.promise;
        return 'done';
      },
    });
    const { server, manager } = aScene();
    await manager.register(Wait);
    const stopping = new AbortController();
    const served = manager.serve({ signal: stopping.signal });
    const { id } = server.submit('lab', '@global:modifiers:Wait');
    await running.promise;
    stopping.abort();
    gate.open();
    expect(await served).toEqual({ kind: 'aborted' });
    expect(server.task(id)).toMatchObject({ status: 'completed', result: 'done' });
    expect(manager.stopped).toBeNull();
    expect(server.world.workers.size).toBe(1);
  });

  it('needs a registration', async () => {
    const { manager } = aScene();
    await expect(manager.serve()).rejects.toThrow('There is no worker yet');
    await expect(manager.claim()).rejects.toThrow('There is no worker yet');
    expect(() => manager.listen()).toThrow('There is no worker yet');
    await expect(manager.heartbeat()).rejects.toThrow('There is no worker yet');
  });
});

function selfHolding(): unknown {
  const loop: Record<string, unknown> = {};
  loop['loop'] = loop;
  return loop;
}
