import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectProblem } from './expectations.js';
import { rawRequest } from './raw-request.js';
import { Scene, bodyOf } from './scene.js';

const ASTRAL = '\u{1F600}'.repeat(255);

const GOOD: readonly [string, string][] = [
  ['with colons', 'a:b::c:'],
  ['of one colon', ':'],
  ['with what addresses are made of', 'a/b%2F?c=d#e&f;g=h'],
  ['of dots', '..'],
  ['of one dot', '.'],
  ['with percent signs', '100% %zz %00 %25'],
  ['with white space', ' a\u00a0b '],
  ['with a plus', 'a+b'],
  ['that looks like SQL', "'; DROP TABLE joblib_job; --"],
  ['that looks like a pattern', '%_*?[a-z]\\'],
  ['that looks like HTML', '<script>alert(1)</script>'],
  ['with quotes', '"\'`\\"'],
  ['that objects have', '__proto__'],
  ['that other objects have', 'constructor'],
  ['that is an address here', 'batch'],
  ['with letters from everywhere', 'Ωμέγα 日本語 العربية'],
  ['with a joined emoji', '👩‍🚀'],
  ['with a right-to-left mark', 'a\u202eb'],
  ['of 255 letters', 'x'.repeat(255)],
  ['of 255 astral characters', ASTRAL],
];

const UNFIT: readonly [string, string][] = [
  ['empty', ''],
  ['256 letters long', 'x'.repeat(256)],
  ['256 astral characters long', `${ASTRAL}x`],
  ['with a NUL', 'a\u0000b'],
  ['with a line feed', 'a\nb'],
  ['with a delete', 'a\u007fb'],
  ['with a control character of Latin-1', 'a\u0085b'],
  ['with a lone high surrogate', 'a\ud800b'],
  ['with a lone low surrogate', '\udc00'],
  ['with surrogates in the wrong order', '\udc00\ud800'],
];

describe('names', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start({ settings: { allowedCategories: ['modifiers', 'a/b %', ASTRAL] } });
  });
  afterAll(() => scene.close());

  const raw = (user: string, method: string, path: string, body?: string) =>
    rawRequest(scene.server.origin, {
      method,
      path: `/v1/joblib${path}`,
      headers: { authorization: `Bearer ${user}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
    });

  const put = (room: string, category: string, name: string) =>
    raw('ann', 'PUT', `/rooms/${encodeURIComponent(room)}/jobs`, JSON.stringify({ category, name }));

  it.each(GOOD)('%s go the whole way', async (_, name) => {
    const fullName = `lab:modifiers:${name}`;
    expect(await put('lab', 'modifiers', name)).toMatchObject({ status: 201, body: { name, full_name: fullName } });
    const segment = encodeURIComponent(fullName);
    expect((await raw('sue', 'GET', `/rooms/lab/jobs/${segment}`)).body).toMatchObject({ name, full_name: fullName });
    const task = await raw('sue', 'POST', `/rooms/lab/tasks/${segment}`);
    expect(task).toMatchObject({ status: 202, body: { job_name: fullName } });
    const { id } = task.body as { id: string };
    expect((await raw('sue', 'GET', `/rooms/lab/jobs/${segment}/tasks`)).body).toMatchObject({ total: 1, items: [{ id }] });
    expect((await raw('ann', 'POST', '/tasks/claim')).body).toMatchObject({ task: { id, job_name: fullName } });
    const batch = await raw('sue', 'POST', `/rooms/lab/tasks/${segment}/batch`, '{"payloads":[{}]}');
    expect(batch).toMatchObject({ status: 202, body: { items: [{ job_name: fullName }] } });
    await scene.ann.claim();
  });

  it.each(GOOD.filter(([, name]) => !/[:@]/.test(name)))('%s are rooms as well', async (_, room) => {
    expect(await put(room, 'modifiers', 'Rotate')).toMatchObject({ status: 201, body: { room_id: room } });
    const segment = encodeURIComponent(room);
    const fullName = `${room}:modifiers:Rotate`;
    const task = await raw('sue', 'POST', `/rooms/${segment}/tasks/${encodeURIComponent(fullName)}`);
    expect(task).toMatchObject({ status: 202, body: { room_id: room, job_name: fullName } });
    expect((await raw('sue', 'GET', `/rooms/${segment}/tasks`)).body).toMatchObject({ total: 1 });
    expect((await raw('sue', 'GET', `/rooms/${segment}/jobs`)).body).toMatchObject({ items: [{ full_name: fullName }] });
    expect((await raw('sue', 'GET', `/rooms/${segment}/workers`)).body).toMatchObject({ total: 1 });
    await scene.ann.claim();
  });

  it.each(['a/b %', ASTRAL])('categories are what the settings say', async (category) => {
    const answer = await put('lab', category, 'Rotate');
    expect(answer).toMatchObject({ status: 201, body: { category } });
    const { full_name } = answer.body as { full_name: string };
    expect((await raw('sue', 'GET', `/rooms/lab/jobs/${encodeURIComponent(full_name)}`)).status).toBe(200);
  });

  it('may all three be of 255 astral characters', async () => {
    const fullName = `${ASTRAL}:${ASTRAL}:${ASTRAL}`;
    expect((await put(ASTRAL, ASTRAL, ASTRAL)).status).toBe(201);
    const answer = await raw('sue', 'POST', `/rooms/${encodeURIComponent(ASTRAL)}/tasks/${encodeURIComponent(fullName)}`);
    expect(answer).toMatchObject({ status: 202, body: { job_name: fullName } });
  });

  it.each(UNFIT)('%s are refused', async (_, name) => {
    const before = await scene.contents();
    expectProblem(await put('lab', 'modifiers', name), 'ValidationError', ['/name']);
    expectProblem(await put('lab', name, 'Rotate'), 'ValidationError', ['/category']);
    expectProblem(await put('lab', name, name), 'ValidationError', ['/category', '/name']);
    expect(await scene.contents()).toEqual(before);
  });

  it.each([5, null, true, [], {}, undefined])('%j is no name', async (name) => {
    expectProblem(await scene.ann.call('PUT', '/rooms/lab/jobs', { category: 'modifiers', name }), 'ValidationError', ['/name']);
    expectProblem(await scene.ann.call('PUT', '/rooms/lab/jobs', { category: name, name: 'Rotate' }), 'ValidationError', ['/category']);
  });

  it('a category with a colon is malformed, whatever the room', async () => {
    expectProblem(await put('a:b', 'a:b', 'Rotate'), 'ValidationError', ['/category']);
  });

  it.each(UNFIT.filter(([, room]) => room !== '' && !/\p{Cs}/u.test(room)))('a room %s is refused', async (_, room) => {
    const segment = encodeURIComponent(room);
    for (const answer of [
      await put(room, 'modifiers', 'Rotate'),
      await raw('sue', 'GET', `/rooms/${segment}/tasks`),
      await raw('sue', 'POST', `/rooms/${segment}/tasks/lab:modifiers:Rotate`),
    ]) {
      expectProblem(answer, 'InvalidRoomId');
    }
  });

  it.each(['%ed%a0%80', '%ff', '%c0%80', '%', '%4', '%zz'])('a segment that is no text (%s) is a malformed address', async (segment) => {
    for (const path of [`/rooms/${segment}/tasks`, `/rooms/lab/jobs/${segment}`, `/tasks/${segment}`]) {
      expectProblem(await raw('sue', 'GET', path), 'MalformedAddress');
    }
  });

  it('may be written raw or percent-encoded', async () => {
    bodyOf(201, await scene.root.register('@global:modifiers:Turn'));
    for (const segment of [
      '@global:modifiers:Turn',
      '%40global%3Amodifiers%3ATurn',
      '%40global:modifiers:%54urn',
      encodeURIComponent('@global:modifiers:Turn'),
    ]) {
      expect((await raw('sue', 'GET', `/rooms/lab/jobs/${segment}`)).body).toMatchObject({ full_name: '@global:modifiers:Turn' });
      expect((await raw('sue', 'POST', `/rooms/%6cab/tasks/${segment}`)).body).toMatchObject({ room_id: 'lab' });
    }
  });

  it('are nothing when a segment is empty, and nothing more when there are too many', async () => {
    for (const path of ['/rooms//tasks', '/rooms/lab/jobs/', '/rooms/lab/jobs/a/b', '/tasks/', '/rooms/lab/jobs/lab:modifiers:a/b']) {
      expectProblem(await raw('sue', 'GET', path), 'NotFound');
    }
  });

  it('have their case', async () => {
    for (const name of ['lab:modifiers:Case', 'lab:modifiers:case', 'LAB:modifiers:Case']) {
      expect(await scene.ann.register(name)).toMatchObject({ status: 201, body: { full_name: name } });
    }
  });
});
