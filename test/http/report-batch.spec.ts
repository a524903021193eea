import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { expectJson, expectProblem } from './expectations.js';
import { NOBODY, Scene } from './scene.js';

describe('reporting on many tasks', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    await scene.empty();
    await scene.aJob();
  });

  const patch = (updates: unknown) => scene.ann.call<{ items: unknown[] }>('PATCH', '/tasks', { updates });

  const problem = (id: string, status: number, title: string) => ({
    type: `/v1/problems/${id}`,
    title,
    status,
    detail: expect.stringMatching(/./),
  });

  it('does each on its own, in order', async () => {
    const [claimed, running] = [await scene.aClaimedTask(), await scene.aRunningTask()];
    const pending = await scene.aTask();
    scene.server.clock.advance(1);
    const answer = await patch([
      { id: running.id, status: 'completed', result: [1] },
      { id: pending.id, status: 'running' },
      { id: NOBODY, status: 'running' },
      { id: 'no uuid', status: 'running' },
      { id: claimed.id, status: 'running', progress: 0.5 },
      { id: running.id, status: 'failed' },
    ]);
    expectJson(answer, 200, {
      items: [
        { id: running.id, status: 200, task: { ...running, status: 'completed', result: [1], completed_at: scene.time } },
        { id: pending.id, status: 403, problem: problem('forbidden', 403, 'Forbidden') },
        { id: NOBODY, status: 404, problem: problem('task-not-found', 404, 'Task not found') },
        { id: 'no uuid', status: 404, problem: problem('task-not-found', 404, 'Task not found') },
        { id: claimed.id, status: 200, task: { ...claimed, status: 'running', progress: 0.5, started_at: scene.time } },
        { id: running.id, status: 409, problem: problem('invalid-task-transition', 409, 'Invalid task transition') },
      ],
    });
    expect((await scene.sue.task(pending.id)).body).toEqual(pending);
  });

  it('follows the steps of one task one after another', async () => {
    const { id } = await scene.aClaimedTask();
    const answer = await patch([
      { id, status: 'running' },
      { id, status: 'running', progress: 0.5 },
      { id: id.toUpperCase(), status: 'completed', result: 'done' },
      { id, status: 'cancelled' },
    ]);
    expect(answer.body.items).toMatchObject([
      { id, status: 200, task: { status: 'running', progress: null } },
      { id, status: 200, task: { status: 'running', progress: 0.5 } },
      { status: 200, task: { id, status: 'completed', result: 'done' } },
      { id, status: 409 },
    ]);
    expect(scene.server.events.payloadsOf('task_status_event').map(({ status }) => status)).toEqual([
      'pending',
      'claimed',
      'running',
      'running',
      'completed',
    ]);
  });

  it('takes 1000', async () => {
    const answer = await patch(Array.from({ length: 1000 }, () => ({ id: NOBODY, status: 'failed' })));
    expect(answer.body.items).toHaveLength(1000);
  });

  it.each([
    ['none', [], ['/updates']],
    ['1001', Array.from({ length: 1001 }, () => ({ id: NOBODY, status: 'failed' })), ['/updates']],
    ['no list', {}, ['/updates']],
    ['nothing', undefined, ['/updates']],
    ['an item that is none', [{ id: NOBODY, status: 'running' }, 5, null], ['/updates/1', '/updates/2']],
    ['items without id or status', [{ status: 'running' }, { id: NOBODY }], ['/updates/0/id', '/updates/1/status']],
    ['an id that is no string', [{ id: 5, status: 'running' }], ['/updates/0/id']],
    ['bad progress', [{ id: NOBODY, status: 'running', progress: 2 }], ['/updates/0/progress']],
  ])('refuses the whole call for %s', async (_, updates, pointers) => {
    const before = await scene.contents();
    expectProblem(await patch(updates), 'ValidationError', pointers);
    expect(await scene.contents()).toEqual(before);
  });

  it('changes nothing at all when one item is malformed', async () => {
    const { id } = await scene.aClaimedTask();
    expectProblem(
      await patch([
        { id, status: 'running' },
        { id, status: 'ready' },
      ]),
      'ValidationError',
      ['/updates/1/status'],
    );
    expect((await scene.sue.task(id)).body.status).toBe('claimed');
  });

  it('lists no more than 100 defects', async () => {
    const answer = await patch(Array.from({ length: 1000 }, () => ({})));
    expect((answer.body as unknown as { errors: unknown[] }).errors.length).toBeLessThanOrEqual(101);
  });
});
