import { TASK_STATUSES } from '@joblib/contract';
import type { Page, TaskView } from '@joblib/contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectJson, expectProblem } from './expectations.js';
import { rawRequest } from './raw-request.js';
import { ROTATE, Scene, bodyOf } from './scene.js';

const LISTS = ['/workers', '/rooms/lab/workers', '/rooms/lab/jobs', '/rooms/lab/tasks', `/rooms/lab/jobs/${ROTATE}/tasks`];
const TASK_LISTS = LISTS.slice(3);

describe('lists', () => {
  let scene: Scene;
  /** Newest first. */
  let tasks: TaskView[];

  beforeAll(async () => {
    scene = await Scene.start();
    await scene.aJob();
    await scene.aJob('lab:analysis:Other');
    for (const name of ['A', 'B', 'C']) await scene.aJob(`lab:selections:${name}`);
    const made = [];
    for (let count = 0; count < 4; count += 1) {
      made.push(await scene.aTask(ROTATE, { count }));
      if (count % 2 === 1) scene.server.clock.advance(1);
    }
    made.push(await scene.aTask('lab:analysis:Other'));
    await scene.sue.report(made[1]?.id ?? '', 'cancelled');
    tasks = [];
    for (const { id } of made.reverse()) tasks.push(bodyOf(200, await scene.sue.task(id)));
    await scene.aJob('@global:modifiers:Rotate');
    bodyOf(202, await scene.sue.submit('attic', '@global:modifiers:Rotate'));
  });
  afterAll(() => scene.close());

  const get = (path: string) => scene.eve.call<Page<{ id?: string; full_name?: string }>>('GET', path);

  it('of a room show all its tasks in full, newest first', async () => {
    expectJson(await get('/rooms/lab/tasks'), 200, { items: tasks, total: 5, limit: 50, offset: 0 });
  });

  it('of a job show its tasks in this room', async () => {
    const ofRotate = tasks.filter(({ job_name }) => job_name === ROTATE);
    expectJson(await get(`/rooms/lab/jobs/${ROTATE}/tasks`), 200, { items: ofRotate, total: 4, limit: 50, offset: 0 });
    expectJson(await get('/rooms/lab/jobs/@global:modifiers:Rotate/tasks'), 200, { items: [], total: 0, limit: 50, offset: 0 });
    expect((await get('/rooms/attic/jobs/@global:modifiers:Rotate/tasks')).body.total).toBe(1);
  });

  it.each(TASK_STATUSES)('narrow to %s tasks', async (status) => {
    const expected = tasks.filter((task) => task.status === status);
    expectJson(await get(`/rooms/lab/tasks?status=${status}`), 200, { items: expected, total: expected.length, limit: 50, offset: 0 });
    const ofRotate = expected.filter(({ job_name }) => job_name === ROTATE);
    expectJson(await get(`/rooms/lab/jobs/${ROTATE}/tasks?status=${status}&limit=500`), 200, {
      items: ofRotate,
      total: ofRotate.length,
      limit: 500,
      offset: 0,
    });
  });

  it.each(TASK_LISTS)('%s refuses a status that is none', async (path) => {
    for (const status of ['done', 'PENDING', '', 'pending,running', '%00']) {
      expectProblem(await get(`${path}?status=${status}`), 'ValidationError', ['?status']);
    }
  });

  it.each(LISTS)('%s comes in pages that fit together', async (path) => {
    const whole = (await get(path)).body;
    const keyOf = (item: { id?: string; full_name?: string }) => item.id ?? item.full_name;
    const keys = whole.items.map(keyOf);
    expect(keys.length).toBe(whole.total);
    expect(new Set(keys).size).toBeGreaterThan(3);
    const inPages = [];
    for (let offset = 0; offset < whole.total; offset += 2) {
      const page = (await get(`${path}?limit=2&offset=${offset}`)).body;
      expect({ ...page, items: page.items.length }).toEqual({
        items: Math.min(2, whole.total - offset),
        total: whole.total,
        limit: 2,
        offset,
      });
      inPages.push(...page.items);
    }
    expect(inPages).toEqual(whole.items);
  });

  it.each(LISTS)('%s tells the total alone for limit 0', async (path) => {
    const { total } = (await get(path)).body;
    expectJson(await get(`${path}?limit=0`), 200, { items: [], total, limit: 0, offset: 0 });
    expectJson(await get(`${path}?limit=0&offset=3`), 200, { items: [], total, limit: 0, offset: 3 });
  });

  it.each(LISTS)('%s is empty behind its end, however far', async (path) => {
    const { total } = (await get(path)).body;
    for (const offset of [total, 1_000_000, Number.MAX_SAFE_INTEGER]) {
      expectJson(await get(`${path}?offset=${offset}`), 200, { items: [], total, limit: 50, offset });
    }
  });

  it.each(LISTS)('%s refuses absurd pages', async (path) => {
    for (const limit of ['501', '-1', '1.5', 'ten', '', '1e2', '0x10', '9007199254740993', '%20', '+1', 'NaN', '١']) {
      expectProblem(await get(`${path}?limit=${encodeURI(limit)}`), 'ValidationError', ['?limit']);
    }
    for (const offset of ['-1', '1.5', 'ten', '', '9007199254740993', '1'.repeat(400), 'null']) {
      expectProblem(await get(`${path}?offset=${offset}`), 'ValidationError', ['?offset']);
    }
  });

  it('take the last of a repeated parameter and ignore unknown ones', async () => {
    expect((await get('/rooms/lab/tasks?limit=1&limit=2&sort=id&order=asc&__proto__=1')).body.items).toHaveLength(2);
  });

  it('accept the smallest and the largest limit', async () => {
    expect((await get('/rooms/lab/tasks?limit=1')).body.items).toHaveLength(1);
    expect((await get('/rooms/lab/tasks?limit=500')).body).toMatchObject({ limit: 500, total: 5 });
  });

  it.each([...LISTS, `/rooms/lab/jobs/${ROTATE}`])('%s answers HEAD like GET, without a body', async (path) => {
    const send = (method: string) =>
      rawRequest(scene.server.origin, { method, path: `/v1/joblib${path}`, headers: { authorization: 'Bearer eve' } });
    const [head, whole] = [await send('HEAD'), await send('GET')];
    expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: '' });
    for (const header of ['content-type', 'content-length']) expect(head.headers.get(header)).toBe(whole.headers.get(header));
  });

  it.each(['/rooms/lab/tasks', '/tasks/none', '/nowhere'])('HEAD %s needs a token too', async (path) => {
    const answer = await rawRequest(scene.server.origin, { method: 'HEAD', path: `/v1/joblib${path}` });
    expect([answer.status, answer.text]).toEqual([401, '']);
  });
});
