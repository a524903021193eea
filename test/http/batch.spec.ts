import type { TaskView } from '@joblib/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { expectJson, expectProblem, taskView } from './expectations.js';
import { ROTATE, Scene, bodyOf } from './scene.js';

interface Items {
  items: TaskView[];
}

describe('submitting a batch', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    await scene.empty();
    await scene.aJob();
    scene.server.events.clear();
  });

  const post = (payloads: unknown, headers: Record<string, string> = {}) =>
    scene.sue.call<Items>('POST', `/rooms/lab/tasks/${ROTATE}/batch`, { payloads }, headers);

  it('answers 202 with the tasks in the order of their payloads, which is that of the queue', async () => {
    const answer = await post([{ n: 1 }, { n: 2 }, {}]);
    const ids = answer.body.items.map(({ id }) => id);
    const expected = [{ n: 1 }, { n: 2 }, {}].map((payload, index) =>
      taskView({ id: ids[index] ?? '', created_at: scene.time, payload, queue_position: index + 1 }),
    );
    expectJson(answer, 202, { items: expected });
    expect([...ids].sort()).toEqual(ids);
    expect(scene.server.events.payloadsOf('task_available').map(({ task_id }) => task_id)).toEqual(ids);
    const claimed = bodyOf(200, await scene.ann.claim(undefined, { max_tasks: 3 }));
    expect(claimed.tasks?.map(({ id }) => id)).toEqual(ids);
  });

  it('takes 1 to 1000', async () => {
    expect((await post(Array.from({ length: 1000 }, () => ({})))).body.items).toHaveLength(1000);
    expect((await post([{}])).body.items).toHaveLength(1);
  });

  it.each([
    ['none', []],
    ['1001', Array.from({ length: 1001 }, () => ({}))],
    ['no list', {}],
    ['nothing', undefined],
    ['a list with something else in it', [{}, 5]],
    ['a list with null in it', [{}, null]],
  ])('refuses %s', async (_, payloads) => {
    const before = await scene.contents();
    expectProblem(await post(payloads), 'ValidationError', ['/payloads']);
    expect(await scene.contents()).toEqual(before);
  });

  it('refuses what a submit refuses', async () => {
    const to = (room: string, name: string) => scene.sue.call('POST', `/rooms/${room}/tasks/${name}/batch`, { payloads: [{}] });
    expectProblem(await to('lab', 'lab:modifiers:Other'), 'JobNotFound');
    expectProblem(await to('attic', ROTATE), 'JobNotFound');
    expectProblem(await to('a:b', ROTATE), 'InvalidRoomId');
  });

  it('is done once under a key, all of it', async () => {
    const key = { 'idempotency-key': 'k' };
    const first = await post([{ n: 1 }, { n: 2 }], key);
    const second = await post([{ n: 1.0 }, { n: 2 }], key);
    expectJson(second, 200, first.body);
    expectProblem(await post([{ n: 1 }], key), 'IdempotencyMismatch');
    expectProblem(await post([{ n: 2 }, { n: 1 }], key), 'IdempotencyMismatch');
    expectProblem(await scene.sue.submit('lab', ROTATE, { n: 1 }, key), 'IdempotencyMismatch');
    expect((await scene.sue.tasks('lab')).body.total).toBe(2);
  });
});
