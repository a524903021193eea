import { afterEach, describe, expect, it } from '@jest/globals';
import { defineExtension } from '@joblib/client';
import { quiet } from '@joblib/client/testing';

import { DOUBLE, Double, aScene, clearScenes } from './scene.js';

afterEach(clearScenes);

/** As people who come from the Python package write it. */
class Rotate {
  static readonly category = 'analysis';
  static readonly schema = {
    type: 'object',
    properties: { angle: { type: 'number', default: 90 }, axis: { enum: ['x', 'y', 'z'] } },
    required: ['axis'],
  };

  readonly angle: number = 0;
  readonly axis: string = '';

  run(...given: unknown[]): unknown {
    return { turned: `${this.angle}° about ${this.axis}`, given };
  }
}

const ROTATE = '@global:analysis:Rotate';

describe('claim', () => {
  it('answers null at once when nothing is pending', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    expect(await manager.claim()).toBeNull();
    expect(server.requests.at(-1)?.headers['Prefer']).toBeUndefined();
  });

  it('answers the task with its parsed extension, which runs with the task as its context', async () => {
    const { server, manager } = aScene();
    await manager.register(Double, { context: 'cheap' });
    const { id } = server.submit('lab', DOUBLE, { n: 4 });
    const task = await manager.claim();
    expect(task).toMatchObject({ id, jobName: DOUBLE, roomId: 'lab', payload: { n: 4 }, context: 'cheap', view: { status: 'claimed' } });
    expect(await task?.extension.run()).toEqual({ doubled: 8 });
    expect(await task?.extension.run({ payload: { n: 5 } })).toEqual({ doubled: 10 });
  });

  it('answers an instance of a class, with the payload as its fields and its defaults filled in', async () => {
    const { server, manager } = aScene();
    await manager.register(Rotate);
    server.submit('lab', ROTATE, { axis: 'z', extra: 1 });
    const task = await manager.claim();
    expect(task?.extension).toBeInstanceOf(Rotate);
    expect({ ...task?.extension }).toEqual({ angle: 90, axis: 'z', extra: 1 });
    expect(await task?.extension.run('vis', 'more')).toEqual({ turned: '90° about z', given: ['vis', 'more'] });
    expect(await task?.extension.run()).toMatchObject({ given: [{ payload: { angle: 90 }, task: { id: task?.id } }] });
  });

  it('puts a class without a category into modifiers', async () => {
    class Plain {
      run(): string {
        return 'done';
      }
    }
    const { server, manager } = aScene();
    expect(await manager.register(Plain)).toMatchObject({ full_name: '@global:modifiers:Plain', schema: {} });
    server.submit('lab', '@global:modifiers:Plain');
    expect(await (await manager.claim())?.extension.run()).toBe('done');
  });

  it('lets no payload change what a class does', async () => {
    const { server, manager } = aScene();
    await manager.register(Rotate);
    const payload: unknown = JSON.parse('{"axis": "x", "run": 1, "constructor": 2, "__proto__": {"angle": 3}, "toString": 4}');
    server.submit('lab', ROTATE, payload);
    const task = await manager.claim();
    expect(await task?.extension.run(1)).toEqual({ turned: '90° about x', given: [1] });
    expect(Object.getPrototypeOf(task?.extension)).toBe(Rotate.prototype);
  });

  it('reports tasks whose payload breaks the schema as failed, and answers the next', async () => {
    const { server, manager } = aScene();
    await manager.register(Rotate);
    const bad = ['w', 7].map((axis) => server.submit('lab', ROTATE, { axis }));
    const missing = server.submit('lab', ROTATE, { angle: 'far' });
    const good = server.submit('lab', ROTATE, { axis: 'y' });
    expect((await manager.claim())?.id).toBe(good.id);
    expect(bad.map(({ id }) => server.task(id).error)).toEqual([
      'The payload breaks the schema: axis: must be one of "x", "y", "z"',
      'The payload breaks the schema: axis: must be one of "x", "y", "z"',
    ]);
    expect(server.task(missing.id).error).toBe('The payload breaks the schema: axis: is required; angle: must be number, is string');
  });

  it('reports a task as failed that this worker has no code for', async () => {
    const { server, manager } = aScene();
    const { worker_id: workerId } = await manager.register(Double);
    server.world.registerJob('lab', { category: 'modifiers', name: 'Other', schema: {}, worker_id: workerId } as never);
    const { id } = server.submit('lab', 'lab:modifiers:Other');
    expect(await manager.claim()).toBeNull();
    expect(server.task(id)).toMatchObject({ status: 'failed', error: "This worker has no code for 'lab:modifiers:Other'." });
  });
});

describe('reporting', () => {
  it('takes a task from claimed to its end', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    const first = server.submit('lab', DOUBLE, { n: 1 });
    const task = await manager.claim();
    if (task === null) throw new Error('nothing was claimed');
    await manager.start(task);
    await manager.progress(task, { current: 1, total: 4, message: 'one' });
    expect(server.task(first.id)).toMatchObject({ status: 'running', progress: { current: 1, total: 4, message: 'one' } });
    await manager.complete(task, [1, 2]);
    expect(server.task(first.id)).toMatchObject({ status: 'completed', result: [1, 2] });
    await expect(manager.fail(task, 'late')).rejects.toMatchObject({ problem: 'InvalidTaskTransition' });
  });

  it('fails by task and by id, and cancels', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    const [first, second, third] = [1, 2, 3].map((n) => server.submit('lab', DOUBLE, { n }));
    const task = await manager.claim();
    await manager.claim();
    await manager.fail({ id: task?.id ?? '' }, 'broken');
    await manager.failById(second?.id ?? '', 'x'.repeat(20_000));
    await manager.cancel({ id: third?.id ?? '' });
    expect(server.task(first?.id ?? '')).toMatchObject({ status: 'failed', error: 'broken' });
    expect(server.task(second?.id ?? '').error).toHaveLength(10_000);
    expect(server.task(third?.id ?? '').status).toBe('cancelled');
  });
});

describe('listen', () => {
  it('yields tasks as they come, until its signal aborts', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    const stopping = new AbortController();
    const results: unknown[] = [];
    const listening = (async () => {
      for await (const task of manager.listen({ signal: stopping.signal })) {
        await manager.start(task);
        results.push(await task.extension.run());
        await manager.complete(task, results.at(-1));
      }
    })();
    const tasks = [1, 2].map((n) => server.submit('lab', DOUBLE, { n }));
    for (const { id } of tasks) await server.ended(id);
    stopping.abort();
    await listening;
    expect(results).toEqual([{ doubled: 2 }, { doubled: 4 }]);
    expect(manager.stopped).toBeNull();
  });

  it('gives up its held claim when the loop is left', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    const stream = manager.listen();
    const next = stream.next();
    await quiet();
    await stream.return();
    expect(await next).toEqual({ done: true, value: undefined });
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    await quiet();
    expect(server.task(id).status).toBe('pending');
    expect(await stream.next()).toMatchObject({ done: true });
  });

  it('rides out an outage', async () => {
    const { clock, server, manager } = aScene();
    await manager.register(Double);
    const next = manager.listen().next();
    await quiet();
    server.goDown();
    await clock.advance(30);
    server.comeBack();
    const { id } = server.submit('lab', DOUBLE, { n: 1 });
    await clock.advance(11);
    expect((await next).value?.id).toBe(id);
  });

  it('ends when the registration is lost', async () => {
    const { server, manager } = aScene();
    await manager.register(Double);
    await using stream = manager.listen();
    const next = stream.next();
    server.sweep(manager.workerId ?? '');
    expect(await next).toMatchObject({ done: true });
    expect(manager.stopped?.kind).toBe('registration-lost');
  });

  it('aborts the signal of a task that somebody cancels', async () => {
    const { server, manager } = aScene();
    await manager.register(defineExtension({ name: 'Double', run: () => null }));
    const { id } = server.submit('lab', DOUBLE);
    const { value: task } = await manager.listen().next();
    await quiet();
    server.cancel(id);
    await quiet();
    expect(task?.signal.aborted).toBe(true);
  });
});
