import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Sweeper } from '@joblib/nestjs';

import { expectJson, expectProblem } from './expectations.js';
import { ROTATE, Scene, bodyOf } from './scene.js';

const KEY = { 'idempotency-key': 'once' };
const DAY_SECONDS = 24 * 60 * 60;

describe('an Idempotency-Key', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start({ settings: { taskRetentionSeconds: 60 } });
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    await scene.empty();
    await scene.aJob();
  });

  const total = async () => (await scene.sue.tasks('lab')).body.total;

  it('makes a submit happen once; the same task is answered again with 200', async () => {
    const first = await scene.sue.submit('lab', ROTATE, { n: 1 }, KEY);
    expect(first.status).toBe(202);
    scene.server.events.clear();
    const second = await scene.sue.submit('lab', ROTATE, { n: 1 }, KEY);
    expectJson(second, 200, first.body);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(await total()).toBe(1);
    expect(scene.server.events.events).toEqual([]);
  });

  it('makes twins that arrive together one task', async () => {
    const twins = await Promise.all(Array.from({ length: 20 }, () => scene.sue.submit('lab', ROTATE, { n: 1 }, KEY)));
    expect(new Set(twins.map(({ body }) => body.id)).size).toBe(1);
    expect(twins.map(({ status }) => status).sort()).toEqual([...Array.from({ length: 19 }, () => 200), 202]);
    expect(await total()).toBe(1);
  });

  it('answers the task as it is now', async () => {
    const { id } = bodyOf(202, await scene.sue.submit('lab', ROTATE, {}, KEY));
    await scene.sue.report(id, 'cancelled');
    expect(await scene.sue.submit('lab', ROTATE, {}, KEY)).toMatchObject({
      status: 200,
      body: { id, status: 'cancelled', queue_position: null },
    });
  });

  it('answers it whatever became of the job', async () => {
    const { id } = bodyOf(202, await scene.sue.submit('lab', ROTATE, {}, KEY));
    await scene.ann.claim();
    await scene.ann.removeWorker('ann');
    expectProblem(await scene.sue.submit('lab', ROTATE), 'JobNotFound');
    expect(await scene.sue.submit('lab', ROTATE, {}, KEY)).toMatchObject({ status: 200, body: { id, status: 'failed' } });
  });

  it('refuses another payload, however little it differs', async () => {
    await scene.sue.submit('lab', ROTATE, { n: 1, m: [1, 2] }, KEY);
    for (const payload of [{ n: 1 }, { n: 1, m: [2, 1] }, { n: true, m: [1, 2] }, { n: '1', m: [1, 2] }]) {
      expectProblem(await scene.sue.submit('lab', ROTATE, payload, KEY), 'IdempotencyMismatch');
    }
    const post = (payload: string) => scene.sue.call('POST', `/rooms/lab/tasks/${ROTATE}`, `{"payload":${payload}}`, KEY);
    expect((await post('{"m":[1.0,2e0],"n":1}')).status).toBe(200);
    expectProblem(await post('{"m":[1,2],"n":1.0000000000000000000001}'), 'IdempotencyMismatch');
    expect(await total()).toBe(1);
  });

  it('is one caller’s, in one room, for one job', async () => {
    await scene.aJob('@global:modifiers:Rotate');
    await scene.sue.submit('lab', ROTATE, {}, KEY);
    expect((await scene.eve.submit('lab', ROTATE, {}, KEY)).status).toBe(202);
    expect((await scene.sue.submit('lab', '@global:modifiers:Rotate', {}, KEY)).status).toBe(202);
    expect((await scene.sue.submit('attic', '@global:modifiers:Rotate', {}, KEY)).status).toBe(202);
    expect((await scene.sue.submit('lab', ROTATE, {}, { 'idempotency-key': 'ONCE' })).status).toBe(202);
  });

  it('counts for 24 hours', async () => {
    const { id } = bodyOf(202, await scene.sue.submit('lab', ROTATE, {}, KEY));
    scene.server.clock.advance(DAY_SECONDS);
    expect((await scene.sue.submit('lab', ROTATE, {}, KEY)).body.id).toBe(id);
    scene.server.clock.advance(0.001);
    const next = await scene.sue.submit('lab', ROTATE, { other: 1 }, KEY);
    expect(next.status).toBe(202);
    expect(next.body.id).not.toBe(id);
  });

  it('goes with its task when that has outlived its keep', async () => {
    const { id } = bodyOf(202, await scene.sue.submit('lab', ROTATE, {}, KEY));
    await scene.sue.report(id, 'cancelled');
    scene.server.clock.advance(59);
    await scene.ann.heartbeat('ann');
    scene.server.clock.advance(2);
    await scene.server.app.get(Sweeper).sweepOnce();
    expectProblem(await scene.sue.task(id), 'TaskNotFound');
    expect((await scene.sue.submit('lab', ROTATE, { other: 1 }, KEY)).status).toBe(202);
  });

  it('is not used up by a submit that was refused', async () => {
    expectProblem(await scene.sue.submit('lab', 'lab:modifiers:Later', {}, KEY), 'JobNotFound');
    await scene.aJob('lab:modifiers:Later');
    expect((await scene.sue.submit('lab', 'lab:modifiers:Later', { other: 1 }, KEY)).status).toBe(202);
  });

  it.each([
    ['of 255 characters', 'x'.repeat(255), 202],
    ['of 256 characters', 'x'.repeat(256), 422],
    ['that is empty', '', 422],
    ['with every printable character', Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join(''), 202],
    ['with a letter beyond ASCII', 'caf\u00e9', 422],
  ])('%s is answered', async (_, key, status) => {
    const answer = await scene.sue.submit('lab', ROTATE, {}, { 'idempotency-key': key });
    expect(answer.status).toBe(status);
    if (status === 422) expectProblem(answer, 'ValidationError', ['Idempotency-Key']);
  });
});
