import { TERMINAL_STATUSES } from '@joblib/contract';
import { Sweeper } from '@joblib/nestjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { pollsHeld } from '../support/until.js';
import { expectJson, expectProblem } from './expectations.js';
import { NOBODY, Scene } from './scene.js';

describe('a long poll', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start({ settings: { longPollMaxWaitSeconds: 100, taskRetentionSeconds: 10 } });
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    await scene.empty();
    await scene.aJob();
  });

  const poll = (id: string, prefer = 'wait=60') => scene.sue.task(id, { prefer });

  it.each(TERMINAL_STATUSES)('is answered when the task is %s, with the task as it is then', async (status) => {
    const { id } = await scene.aRunningTask();
    const held = poll(id);
    await pollsHeld(scene.server, 1);
    const { body } = await scene.ann.report(id, status);
    const answer = await held;
    expectJson(answer, 200, body);
    expect(answer.headers.get('preference-applied')).toBe('wait=60');
  });

  it('is not answered by what is no end', async () => {
    const { id } = await scene.aClaimedTask();
    const held = poll(id);
    await pollsHeld(scene.server, 1);
    await scene.ann.report(id, 'running');
    await scene.ann.report(id, 'running', { progress: 0.5 });
    await pollsHeld(scene.server, 1);
    await scene.ann.report(id, 'completed');
    expect((await held).body.status).toBe('completed');
  });

  it('is answered for everybody who waits', async () => {
    const { id } = await scene.aTask();
    const held = Array.from({ length: 20 }, () => poll(id));
    await pollsHeld(scene.server, 20);
    await scene.sue.report(id, 'cancelled');
    expect((await Promise.all(held)).map(({ body }) => body.status)).toEqual(held.map(() => 'cancelled'));
    await pollsHeld(scene.server, 0);
  });

  it('is answered when a worker goes and takes the task along', async () => {
    const { id } = await scene.aRunningTask();
    const held = poll(id);
    await pollsHeld(scene.server, 1);
    await scene.ann.removeWorker('ann');
    expect((await held).body).toMatchObject({ status: 'failed', error: 'Worker disconnected' });
  });

  it('is held no longer than asked for; then the task is answered as it is', async () => {
    const task = await scene.aTask();
    const answer = await poll(task.id, 'wait=1');
    expectJson(answer, 200, task);
    expect(answer.headers.get('preference-applied')).toBe('wait=1');
  });

  it('is held no longer than the settings allow', async () => {
    const { id } = await scene.aTask();
    const held = poll(id, 'respond-async, Wait=1000000');
    await pollsHeld(scene.server, 1);
    await scene.sue.report(id, 'cancelled');
    expect((await held).headers.get('preference-applied')).toBe('wait=100');
  });

  it.each(['wait=soon', 'wait=-5', 'wait=1.5', 'wait', 'wait=0', 'return=minimal'])('is not held for Prefer: %s', async (prefer) => {
    const task = await scene.aTask();
    const answer = await poll(task.id, prefer);
    expectJson(answer, 200, task);
    expect(answer.headers.has('preference-applied')).toBe(false);
  });

  it('is not held when the task has ended already', async () => {
    const { id } = await scene.aTask();
    await scene.sue.report(id, 'cancelled');
    const answer = await poll(id);
    expect(answer.body.status).toBe('cancelled');
    expect(answer.headers.has('preference-applied')).toBe(false);
  });

  it('finds nothing where there is nothing, at once', async () => {
    for (const id of [NOBODY, 'none', '1']) expectProblem(await poll(id), 'TaskNotFound');
  });

  it('ends when the task does, even if nobody is left to tell of it', async () => {
    const { id } = await scene.aTask();
    await scene.sue.report(id, 'cancelled');
    await scene.server.dataSource.query(`UPDATE joblib_task SET status = 'running' WHERE id = '${id}'`);
    const held = poll(id);
    await pollsHeld(scene.server, 1);
    await scene.server.dataSource.query(`DELETE FROM joblib_task WHERE id = '${id}'`);
    await scene.server.app.get(Sweeper).sweepOnce();
    expectProblem(await held, 'TaskNotFound');
  });
});
