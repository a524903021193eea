import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Sweeper } from '@joblib/nestjs';
import type { ClaimAnswer, TaskView } from '@joblib/contract';

import { claimsHeld } from '../support/until.js';
import { expectJson, expectProblem } from './expectations.js';
import { ROTATE, Scene, bodyOf } from './scene.js';
import { NOTHING, sweep, taskOf } from './sweeping.js';

describe('a claim that is not started in time', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start({ settings: { claimStartTimeoutSeconds: 10 } });
  });
  afterAll(() => scene.close());
  beforeEach(() => scene.empty());

  const claimOne = async (): Promise<TaskView> => {
    const { task } = bodyOf(200, await scene.ann.claim());
    if (task === null) throw new Error('There was nothing to claim.');
    return task;
  };

  it('is put back at its old place, with its attempt, and the room is told', async () => {
    await scene.aJob();
    const first = await scene.aTask();
    const second = await scene.aTask();
    expect((await claimOne()).id).toBe(first.id);
    scene.server.clock.advance(10);
    expect(await sweep(scene)).toEqual(NOTHING);
    scene.server.clock.advance(0.001);
    scene.server.events.clear();
    expect(await sweep(scene)).toEqual({ ...NOTHING, putBackTasks: 1 });
    const putBack = { ...first, attempt: 1 };
    expectJson(await scene.sue.task(first.id), 200, putBack);
    expect(await taskOf(scene, second)).toEqual({ ...second, queue_position: 2 });
    const { payload: _, job_name, created_by_id: __, attempt: ___, ...view } = putBack;
    expect(scene.server.events.events).toEqual([{ name: 'task_status_event', room: 'room:lab', payload: { ...view, name: job_name } }]);
    expect(await claimOne()).toMatchObject({ id: first.id, attempt: 2 });
    expect(await claimOne()).toMatchObject({ id: second.id, attempt: 1 });
  });

  it('is given to a claim that is held', async () => {
    await scene.aJob();
    const task = await scene.aTask();
    await claimOne();
    const { worker_id: other } = bodyOf(200, await scene.eve.register(ROTATE));
    const held = scene.eve.claim(other, {}, { prefer: 'wait=60' });
    await claimsHeld(scene.server, 1);
    scene.server.clock.advance(11);
    expect(await scene.server.app.get(Sweeper).putBackUnstarted()).toBe(1);
    const answer: ClaimAnswer = bodyOf(200, await held);
    expect(answer.task).toMatchObject({ id: task.id, worker_id: other, attempt: 2 });
    expectProblem(await scene.ann.report(task.id, 'running'), 'Forbidden');
  });

  it('stays where it is once it was started', async () => {
    await scene.aJob();
    const running = await scene.aRunningTask();
    scene.server.clock.advance(11);
    expect(await sweep(scene)).toEqual(NOTHING);
    expect(await taskOf(scene, running)).toEqual(running);
  });
});

it('a claim that is not started stays where it is when the setting is off', async () => {
  const scene = await Scene.start();
  try {
    await scene.aJob();
    const claimed = await scene.aClaimedTask();
    scene.server.clock.advance(59);
    expect(await sweep(scene)).toEqual(NOTHING);
    expect(await taskOf(scene, claimed)).toEqual(claimed);
  } finally {
    await scene.close();
  }
});
