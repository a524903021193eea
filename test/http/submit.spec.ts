import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { UUID7, expectJson, expectProblem, taskView } from './expectations.js';
import { ROTATE, Scene, bodyOf } from './scene.js';

describe('submitting a task', () => {
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

  const post = (body: unknown, fullName = ROTATE, room = 'lab') => scene.sue.call('POST', `/rooms/${room}/tasks/${fullName}`, body);

  it('answers 202 with the task, where it is to be found and when to ask', async () => {
    const answer = await scene.sue.submit('lab', ROTATE, { angle: 90 });
    const { id } = answer.body;
    expect(id).toMatch(UUID7);
    expectJson(answer, 202, taskView({ id, created_at: scene.time, payload: { angle: 90 } }));
    expect(answer.headers.get('location')).toBe(`/v1/joblib/tasks/${id}`);
    expect(answer.headers.get('retry-after')).toBe('1');
    expectJson(await scene.sue.task(id), 200, answer.body);
  });

  it('tells the workers of the job and the people of the room', async () => {
    const { id } = await scene.aTask();
    expect(scene.server.events.events).toEqual([
      {
        name: 'task_status_event',
        room: 'room:lab',
        payload: {
          id,
          name: ROTATE,
          room_id: 'lab',
          status: 'pending',
          created_at: scene.time,
          started_at: null,
          completed_at: null,
          queue_position: 1,
          worker_id: null,
          error: null,
          progress: null,
          result: null,
        },
      },
      { name: 'task_available', room: `jobs:${ROTATE}`, payload: { job_name: ROTATE, room_id: 'lab', task_id: id } },
    ]);
  });

  it('gives each task the next place in the queue of its job', async () => {
    await scene.aJob('@global:modifiers:Rotate');
    const places = [];
    for (const name of [ROTATE, ROTATE, '@global:modifiers:Rotate', ROTATE]) places.push((await scene.aTask(name)).queue_position);
    expect(places).toEqual([1, 2, 1, 3]);
    expect((await scene.sue.submit('attic', '@global:modifiers:Rotate')).body.queue_position).toBe(2);
  });

  it.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['an empty payload', { payload: {} }],
  ])('takes %s for an empty payload', async (_, body) => {
    expect(await post(body)).toMatchObject({ status: 202, body: { payload: {} } });
  });

  it.each([
    ['a number', 1],
    ['a string', 'x'],
    ['a list', []],
    ['null', null],
    ['a boolean', false],
  ])('refuses a payload that is %s', async (_, payload) => {
    const before = await scene.contents();
    expectProblem(await post({ payload }), 'ValidationError', ['/payload']);
    expect(await scene.contents()).toEqual(before);
  });

  it('refuses a job that is not there, not there any more, or not there for this room', async () => {
    expectProblem(await post({}, 'lab:modifiers:Other'), 'JobNotFound');
    expectProblem(await post({}, ROTATE, 'attic'), 'JobNotFound');
    expectProblem(await post({}, ROTATE, '@global'), 'JobNotFound');
    await scene.ann.removeWorker('ann');
    expectProblem(await post({}), 'JobNotFound');
  });

  it('refuses a room that is none', async () => {
    expectProblem(await post({}, ROTATE, 'a@b'), 'InvalidRoomId');
  });

  it('is everybody’s right, in the name of whoever does it', async () => {
    const { id } = bodyOf(202, await scene.eve.submit('lab', ROTATE));
    expect((await scene.sue.task(id)).body.created_by_id).toBe('eve');
  });

  it('does without a worker while a task keeps the job alive', async () => {
    await scene.aTask();
    await scene.ann.removeWorker('ann');
    expect((await scene.sue.submit('lab', ROTATE)).body.queue_position).toBe(2);
  });

  it('says 1001 for any place beyond 1000', async () => {
    const submitMany = async (count: number) =>
      bodyOf(
        202,
        await scene.sue.call<{ items: { queue_position: number }[] }>('POST', `/rooms/lab/tasks/${ROTATE}/batch`, {
          payloads: Array.from({ length: count }, () => ({})),
        }),
      ).items.map(({ queue_position }) => queue_position);
    expect(await submitMany(999)).toEqual(Array.from({ length: 999 }, (_, index) => index + 1));
    expect(await submitMany(3)).toEqual([1000, 1001, 1001]);
    const last = await scene.aTask();
    expect(last.queue_position).toBe(1001);
    expect((await scene.sue.task(last.id)).body.queue_position).toBe(1001);
  });
});
