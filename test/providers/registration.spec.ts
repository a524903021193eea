import type { ProviderView } from '@joblib/contract';
import { PROVIDER_ROOM_CLEANUP, Sweeper } from '@joblib/nestjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { UUID7, expectJson, expectProblem } from '../http/expectations.js';
import { NOBODY, bodyOf } from '../http/scene.js';
import { FILES, ProviderScene, override } from './provider-scene.js';

/** With a number that a double cannot hold. */
const SCHEMA_TEXT = '{"type":"object","properties":{"path":{"type":"string"}},"x-big":12345678901234567890}';

describe('providers', () => {
  let scene: ProviderScene;
  const cleanedUp: string[][] = [];
  let removed: (rooms: readonly string[]) => Promise<void>;

  beforeAll(async () => {
    scene = await ProviderScene.start({
      overrides: [override(PROVIDER_ROOM_CLEANUP, { providersRemoved: (rooms: readonly string[]) => removed(rooms) })],
    });
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    removed = async (rooms) => void cleanedUp.push([...rooms]);
    await scene.removeProviders();
    scene.server.events.clear();
    cleanedUp.length = 0;
  });

  const list = (room: string, query = '') =>
    scene.sue.user.call<{ items: ProviderView[]; total: number }>('GET', `/rooms/${room}/providers${query}`);
  const info = (fullName: string, room = 'lab') =>
    scene.sue.user.call<ProviderView>('GET', `/rooms/${room}/providers/${encodeURIComponent(fullName)}/info`);

  it('are registered with a new worker, and shown with their schema as it was sent', async () => {
    const body = `{"category":"filesystem","name":"local","schema":${SCHEMA_TEXT},"unknown":1}`;
    const answer = await scene.ann.user.call<ProviderView>('PUT', '/rooms/lab/providers', body);
    const view = bodyOf(201, answer);
    expect(view).toStrictEqual({
      id: expect.stringMatching(UUID7),
      room_id: 'lab',
      category: 'filesystem',
      name: 'local',
      full_name: FILES,
      schema: JSON.parse(SCHEMA_TEXT),
      content_type: 'application/json',
      worker_id: expect.stringMatching(UUID7),
      created_at: scene.scene.time,
    });
    expectJson(await info(FILES), 200, view);
    expectJson(await list('lab'), 200, { items: [view], total: 1, limit: 50, offset: 0 });
    const rows = await scene.server.dataSource.query<{ schema: string }[]>('SELECT schema FROM joblib_provider');
    expect(rows[0]?.schema).toBe(SCHEMA_TEXT);
    expect((await scene.ann.user.heartbeat(String(view.worker_id))).status).toBe(200);
  });

  it('are updated when they are registered again, and keep their id', async () => {
    const first = await scene.aProvider();
    scene.server.clock.advance(1);
    const worker = await scene.scene.aWorker(scene.ann.user);
    const again = bodyOf(200, await scene.ann.register(FILES, { schema: SCHEMA_OF_PATH, content_type: 'image/png', worker_id: worker }));
    expect(again).toEqual({ ...first, schema: SCHEMA_OF_PATH, content_type: 'image/png', worker_id: worker });
    expect((await list('lab')).body.total).toBe(1);
  });

  it('become one when ten register the same at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => scene.ann.register()));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(9).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it('tell their room, once, when they come and when they go', async () => {
    const { id } = await scene.aProvider();
    bodyOf(204, await scene.ann.remove(id));
    const told = scene.server.events.events.filter(({ name }) => name === 'providers_invalidate');
    expect(told).toEqual(Array(2).fill({ name: 'providers_invalidate', room: 'room:lab', payload: {} }));
    expect(cleanedUp).toEqual([['lab']]);
  });

  it('of @global tell every room', async () => {
    await scene.aProvider('@global:frames:all');
    expect(scene.server.events.events.map(({ room }) => room)).toEqual(['room:@global', 'room:*']);
  });

  it('are seen from their room, those of @global from everywhere', async () => {
    const own = await scene.aProvider();
    const shared = await scene.aProvider('@global:filesystem:local');
    const named = async (room: string) => (await list(room)).body.items.map(({ full_name }) => full_name);
    expect(await named('lab')).toEqual([shared.full_name, own.full_name]);
    expect(await named('office')).toEqual([shared.full_name]);
    expect(await named('@global')).toEqual([shared.full_name]);
    expect(await named('@internal')).toEqual([]);
    expect((await info(shared.full_name, 'office')).status).toBe(200);
    for (const room of ['office', '@global', '@internal']) {
      expectProblem(await info(own.full_name, room), 'ProviderNotFound');
      expectProblem(await scene.sue.read('', {}, { room }), 'ProviderNotFound');
    }
  });

  it('are listed in pages, newest first', async () => {
    for (const name of ['a', 'b', 'c']) await scene.aProvider(`lab:filesystem:${name}`);
    const { body } = await list('lab', '?limit=2&offset=1');
    expect([body.items.map(({ name }) => name), body.total]).toEqual([['b', 'a'], 3]);
    expect((await list('lab', '?limit=0')).body).toEqual({ items: [], total: 3, limit: 0, offset: 0 });
    expectProblem(await list('lab', '?limit=501'), 'ValidationError', ['?limit']);
  });

  it('are not found by a name that is none, or that nothing has', async () => {
    for (const name of ['none', 'lab:x', 'lab::x', 'lab:filesystem:none']) {
      expectProblem(await info(name), 'ProviderNotFound');
      expectProblem(await scene.sue.read('', {}, { fullName: name }), 'ProviderNotFound');
    }
    expect((await info('none')).body).toMatchObject({ detail: expect.stringContaining('Invalid provider name format') });
    expectProblem(await info(FILES, 'a:b'), 'InvalidRoomId');
  });

  it('may have colons, slashes and any other characters in their name', async () => {
    const fullName = 'lab:file system:a/b:c?d#é😀%2F';
    const view = await scene.aProvider(fullName);
    expect(view.full_name).toBe(fullName);
    expect((await info(fullName)).body).toEqual(view);
    expect((await scene.sue.read('', {}, { fullName })).status).toBe(202);
  });

  it('belong to their first user; a superuser may take them', async () => {
    const { id } = await scene.aProvider();
    expectProblem(await scene.bob.register(), 'Forbidden');
    expectProblem(await scene.bob.remove(id), 'Forbidden');
    expectProblem(await scene.bob.upload(id, 'h', '1'), 'Forbidden');
    expect(bodyOf(200, await scene.root.register()).id).toBe(id);
    expectProblem(await scene.ann.register(), 'Forbidden');
    expect((await scene.root.remove(id)).status).toBe(204);
    expect((await scene.bob.register()).status).toBe(201);
  });

  it('leave no worker behind when they are refused', async () => {
    await scene.aProvider();
    const count = async () => (await scene.bob.user.call<{ total: number }>('GET', '/workers?limit=0')).body.total;
    const before = await count();
    await scene.bob.register();
    expect(await count()).toBe(before);
  });

  it('of @global need a superuser, and nobody registers one of @internal', async () => {
    expectProblem(await scene.ann.register('@global:filesystem:local'), 'Forbidden');
    for (const user of [scene.ann, scene.root]) expectProblem(await user.register('@internal:filesystem:local'), 'Forbidden');
    expectProblem(await scene.ann.register('@other:filesystem:local'), 'InvalidRoomId');
  });

  it('need an own worker, if they name one', async () => {
    const foreign = await scene.scene.aWorker(scene.bob.user);
    for (const worker of [foreign, NOBODY, 'none']) expectProblem(await scene.ann.register(FILES, { worker_id: worker }), 'WorkerNotFound');
  });

  it.each([
    [{ category: 'a:b', name: 'x' }, '/category'],
    [{ category: '', name: 'x' }, '/category'],
    [{ category: 'files', name: 'a\u0000' }, '/name'],
    [{ category: 'files', name: 'x', schema: [] }, '/schema'],
    [{ category: 'files', name: 'x', content_type: 'text/html\r\nx: y' }, '/content_type'],
    [{ category: 'files', name: 'x', content_type: '' }, '/content_type'],
    [{ category: 'files', name: 'x', worker_id: 5 }, '/worker_id'],
  ])('refuse %j', async (body, pointer) => {
    expectProblem(await scene.ann.user.call('PUT', '/rooms/lab/providers', body), 'ValidationError', [pointer]);
  });

  it('refuse what is no JSON Schema', async () => {
    const answer = await scene.ann.register(FILES, { schema: { type: 5 } });
    expect([answer.status, answer.body]).toEqual([422, expect.objectContaining({ type: '/v1/problems/validation-error' })]);
  });

  it.each([
    'application/json',
    'chemical/x-xyz',
    'application/vnd.apache.arrow.stream',
    'text/plain; charset=utf-8',
    'image/svg+xml;q="a b"',
  ])('may answer %s', async (content_type) => {
    expect((await scene.aProvider(FILES, { content_type })).content_type).toBe(content_type);
  });

  it('take null for what is left out', async () => {
    const body = { category: 'filesystem', name: 'local', schema: null, content_type: null, worker_id: null };
    const view = bodyOf(201, await scene.ann.user.call<ProviderView>('PUT', '/rooms/lab/providers', body));
    expect([view.schema, view.content_type]).toEqual([{}, 'application/json']);
  });

  it('go by DELETE once, and only for who may', async () => {
    const { id } = await scene.aProvider();
    expect((await scene.ann.remove(id)).status).toBe(204);
    expectProblem(await scene.ann.remove(id), 'ProviderNotFound');
    for (const nobody of [NOBODY, 'none']) expectProblem(await scene.root.remove(nobody), 'ProviderNotFound');
    expectProblem(await scene.ann.upload(id, 'h', '1'), 'ProviderNotFound');
    expectProblem(await info(FILES), 'ProviderNotFound');
  });

  it('go with their worker: each room is told, and the host', async () => {
    const worker = await scene.scene.aWorker(scene.ann.user);
    for (const fullName of [FILES, 'lab:frames:x', 'office:frames:x']) await scene.aProvider(fullName, { worker_id: worker });
    await scene.aProvider('lab:frames:other');
    scene.server.events.clear();
    bodyOf(204, await scene.ann.user.removeWorker(worker));
    expect((await list('lab')).body.items.map(({ name }) => name)).toEqual(['other']);
    expect(scene.server.events.events.map(({ name, room }) => `${name} ${room}`).sort()).toEqual([
      'providers_invalidate room:lab',
      'providers_invalidate room:office',
    ]);
    expect(cleanedUp.map((rooms) => [...rooms].sort())).toEqual([['lab', 'office']]);
  });

  it('go when the sweeper finds their worker silent', async () => {
    await scene.aProvider();
    scene.server.clock.advance(61);
    await scene.server.app.get(Sweeper, { strict: false }).sweepOnce();
    expectProblem(await info(FILES), 'ProviderNotFound');
    expect(cleanedUp).toEqual([['lab']]);
  });

  it('go although the host fails to follow up', async () => {
    removed = () => Promise.reject(new Error('the host is out of order'));
    const { id } = await scene.aProvider();
    expect((await scene.ann.remove(id)).status).toBe(204);
    expectProblem(await info(FILES), 'ProviderNotFound');
  });
});

const SCHEMA_OF_PATH = { type: 'object', properties: { path: { type: 'string' } } };

describe('allowed provider categories', () => {
  it('are the only ones, whatever the categories of jobs are', async () => {
    const scene = await ProviderScene.start({ settings: { allowedProviderCategories: ['frames'] } });
    try {
      expect((await scene.ann.register('lab:frames:x')).status).toBe(201);
      const refused = await scene.ann.register('lab:modifiers:x');
      expectProblem(refused, 'InvalidCategory');
      expect(refused.body).toMatchObject({ detail: expect.stringContaining('frames') });
    } finally {
      await scene.close();
    }
  });
});
