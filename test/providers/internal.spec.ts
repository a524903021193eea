import { ProblemError } from '@joblib/contract';
import type { ProviderView } from '@joblib/contract';
import { INTERNAL_REGISTRY } from '@joblib/nestjs';
import type { InternalProvider, InternalProviderRead } from '@joblib/nestjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectProblem } from '../http/expectations.js';
import { bodyOf } from '../http/scene.js';
import { ProviderScene, override } from './provider-scene.js';

const ECHO = '@internal:tools:echo';

describe('@internal providers', () => {
  let scene: ProviderScene;
  const reads: InternalProviderRead[] = [];
  let finishSlow: (value: unknown) => void = () => undefined;

  const providers = new Map<string, InternalProvider>([
    [ECHO, { schema: { type: 'object' }, read: async (read) => (reads.push(read), read.params) }],
    ['@internal:tools:bytes', { contentType: 'image/png', read: async () => Uint8Array.of(1, 2, 255) }],
    ['@internal:tools:slow', { read: () => new Promise((resolve) => (finishSlow = resolve)) }],
    ['@internal:tools:broken', { read: () => Promise.reject(new Error('it broke')) }],
    ['@internal:tools:locked', { read: () => Promise.reject(new ProblemError('RoomLocked', 'not now')) }],
    ['@internal:tools:large', { read: async () => 'x'.repeat(2000) }],
    ['@internal:tools:nothing', { read: async () => undefined }],
    ['@internal:tools:late', { read: async () => 'late' }],
  ]);

  beforeAll(async () => {
    scene = await ProviderScene.start({
      settings: { providerResultMaxBytes: 1000 },
      overrides: [override(INTERNAL_REGISTRY, { jobs: new Map(), providers })],
    });
  });
  afterAll(() => scene.close());

  const held = (name: string, query = '') => scene.sue.read(query, { prefer: 'wait=15' }, { fullName: `@internal:tools:${name}` });

  it('are there for every room without being registered, and belong to no worker', async () => {
    for (const room of ['lab', '@internal']) {
      const { items } = bodyOf(200, await scene.sue.user.call<{ items: ProviderView[] }>('GET', `/rooms/${room}/providers`));
      expect(items.map(({ full_name }) => full_name).sort()).toEqual([...providers.keys()].sort());
      expect(items.map(({ worker_id }) => worker_id)).toEqual(items.map(() => null));
    }
    const { items } = bodyOf(200, await scene.sue.user.call<{ items: ProviderView[] }>('GET', '/rooms/@global/providers'));
    expect(items).toEqual([]);
  });

  it('are read by the server itself, and their results are cached', async () => {
    for (let times = 0; times < 2; times += 1) {
      const answer = await held('echo', '?b=2&a=1&a=3');
      expect([answer.status, answer.body, answer.headers.get('content-type')]).toEqual([200, { a: '3', b: '2' }, 'application/json']);
    }
    expect(reads).toHaveLength(1);
    expect(reads[0]).toMatchObject({ providerName: ECHO, signal: expect.any(AbortSignal) });
    expect(scene.requests).toEqual([]);
  });

  it('may answer bytes, and nothing', async () => {
    const bytes = await held('bytes');
    expect([bytes.headers.get('content-type'), [...bytes.bytes]]).toEqual(['image/png', [1, 2, 255]]);
    expect((await held('nothing')).body).toBeNull();
  });

  it('without a wait are pending until they are done', async () => {
    const read = () => scene.sue.read('', {}, { fullName: '@internal:tools:slow' });
    expect((await read()).status).toBe(202);
    const waiting = held('slow');
    await scene.held(1);
    finishSlow('done');
    expect((await waiting).body).toBe('done');
    expect((await read()).status).toBe(200);
    expect(scene.server.events.payloadsOf('provider_result_ready')).toContainEqual(
      expect.objectContaining({ provider_name: '@internal:tools:slow' }),
    );
  });

  it.each([
    ['broken', 500, 'it broke'],
    ['locked', 423, 'not now'],
    ['large', 413, 'The result is larger than 1000 bytes.'],
  ])('that are %s answer %d', async (name, status, detail) => {
    const answer = await held(name);
    expect([answer.status, answer.body]).toEqual([status, expect.objectContaining({ status, detail })]);
  });

  it('cannot be registered, removed or uploaded to over HTTP, by nobody', async () => {
    const { id } = bodyOf(200, await scene.sue.user.call<ProviderView>('GET', `/rooms/lab/providers/${ECHO}/info`));
    expectProblem(await scene.root.register(ECHO), 'Forbidden');
    expectProblem(await scene.root.remove(id), 'Forbidden');
    expectProblem(await scene.root.upload(id, 'h', '1'), 'Forbidden');
  });

  it('that this server has nothing for are refused, and asked for again', async () => {
    const slow = providers.get('@internal:tools:nothing');
    providers.delete('@internal:tools:nothing');
    expectProblem(await held('nothing', '?n=1'), 'InternalJobNotConfigured');
    providers.set('@internal:tools:nothing', slow as InternalProvider);
    expect((await held('nothing', '?n=1')).status).toBe(200);
  });

  it('are registered when they are first read, if they were not before', async () => {
    await scene.server.dataSource.query(`DELETE FROM joblib_provider WHERE name = 'late'`);
    expect((await held('late')).status).toBe(200);
    expectProblem(await held('none'), 'ProviderNotFound');
  });

  it('stop the start when their name is none', async () => {
    const wrong = new Map([['@global:tools:echo', providers.get(ECHO)]]);
    await expect(ProviderScene.start({ overrides: [override(INTERNAL_REGISTRY, { jobs: new Map(), providers: wrong })] })).rejects.toThrow(
      "provider '@global:tools:echo'; a name there is @internal:<category>:<name>",
    );
  });
});
