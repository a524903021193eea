import type { PendingRead } from '@joblib/contract';
import { EVENT_PUBLISHER, PROVIDER_ROOM_CLEANUP } from '@joblib/nestjs';
import { RecordingEventPublisher } from '@joblib/nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { expectJson, expectProblem } from '../http/expectations.js';
import { FILES, ProviderScene, override, until } from './provider-scene.js';

const PATH_HASH = 'cc2a66974085ce9f0bad658dea3cec4422bde979305a7bd08dd771bba5214ff2'; // of {"path":"/data"}

describe('a read', () => {
  let scene: ProviderScene;
  let provider: { id: string };
  const publisher = new RecordingEventPublisher();

  const requests = () => publisher.payloadsOf('provider_request');
  const asked = (count = 1) => until(() => requests().length >= count);

  beforeAll(async () => {
    scene = await ProviderScene.start({
      settings: { providerInflightTtlSeconds: 1, providerLongPollMaxSeconds: 20 },
      overrides: [override(EVENT_PUBLISHER, publisher), override(PROVIDER_ROOM_CLEANUP, { providersRemoved: () => Promise.resolve() })],
    });
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    provider = await scene.aProvider(FILES, { content_type: 'text/plain' });
    publisher.clear();
  });
  afterEach(async () => {
    // Whoever is held still is let go.
    await scene.root.remove(provider.id);
    await scene.held(0);
  });

  it('that is not cached is pending; its provider is asked, once', async () => {
    const answer = await scene.sue.read('?path=%2Fdata');
    expectJson(answer, 202, { status: 'pending', provider_name: FILES, request_hash: PATH_HASH } satisfies PendingRead);
    expect(answer.headers.get('location')).toBe('/v1/joblib/rooms/lab/providers/lab%3Afilesystem%3Alocal?path=%2Fdata');
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.headers.get('preference-applied')).toBeNull();
    expect((await scene.sue.read('?path=%2Fdata')).status).toBe(202);
    expect(publisher.events).toEqual([
      {
        name: 'provider_request',
        room: `providers:${FILES}`,
        payload: { request_id: PATH_HASH, provider_name: FILES, params: '{"path":"/data"}' },
      },
    ]);
  });

  it('is answered from the cache with the bytes as they were uploaded', async () => {
    const hash = await scene.asked();
    expect((await scene.ann.upload(provider.id, hash, 'hello')).status).toBe(204);
    const answer = await scene.sue.read('', { prefer: 'wait=5' });
    expect([answer.status, answer.bytes.toString(), answer.headers.get('content-type')]).toEqual([200, 'hello', 'text/plain']);
    expect(answer.headers.get('preference-applied')).toBeNull();
    expect(requests()).toHaveLength(1);
  });

  it.each([
    ['?b=2&a=1', '{"a":"1","b":"2"}'],
    ['?a=1&a=2&b=', '{"a":"2","b":""}'],
    ['?q=%C3%A9%F0%9F%98%80+%00%7F', '{"q":"\\u00e9\\ud83d\\ude00 \\u0000\\u007f"}'],
    ['?__proto__=1&wait=5', '{"__proto__":"1","wait":"5"}'],
    ['?', '{}'],
  ])('with the query %j asks for %s', async (query, params) => {
    await scene.asked(query);
    expect(requests().map((request) => request.params)).toEqual([params]);
  });

  it('with a wait is held until the result is there, and answered then', async () => {
    const read = scene.sue.read('?path=%2Fdata', { prefer: 'wait=15' });
    await asked();
    await scene.ann.upload(provider.id, PATH_HASH, 'hello');
    const answer = await read;
    expect([answer.status, answer.bytes.toString()]).toEqual([200, 'hello']);
    expect(answer.headers.get('preference-applied')).toBe('wait=15');
  });

  it('waits no longer than the settings allow', async () => {
    const read = scene.sue.read('', { prefer: 'wait=999999' });
    await asked();
    await scene.ann.upload(provider.id, (requests()[0] as { request_id: string }).request_id, 'x');
    expect((await read).headers.get('preference-applied')).toBe('wait=20');
  });

  it('that nobody answers in time is 504, at once for a wait of 0', async () => {
    const answer = await scene.sue.read('', { prefer: 'wait=0' });
    expectProblem(answer, 'ProviderTimeout');
    expect(answer.headers.get('retry-after')).toBe('2');
    expectProblem(await scene.sue.read('', { prefer: 'wait=1' }), 'ProviderTimeout');
    for (const prefer of ['wait=soon', 'wait=-1', 'respond-async']) expect((await scene.sue.read('', { prefer })).status).toBe(202);
  });

  it('of a hundred that want the same causes one request, and all are answered', async () => {
    const readers = Array.from({ length: 100 }, () => scene.sue.read('?path=%2Fdata', { prefer: 'wait=15' }));
    await scene.held(100);
    await scene.ann.upload(provider.id, PATH_HASH, 'hello');
    const answers = await Promise.all(readers);
    expect(new Set(answers.map(({ status, bytes }) => `${status} ${bytes.toString()}`))).toEqual(new Set(['200 hello']));
    expect(requests()).toHaveLength(1);
  });

  it('misses no result that comes while it begins to wait', async () => {
    const rounds = Array.from({ length: 20 }, async (_, index) => {
      const read = scene.sue.read(`?n=${index}`, { prefer: 'wait=15' });
      await until(() => requests().some(({ params }) => params === `{"n":"${index}"}`));
      const { request_id } = requests().find(({ params }) => params === `{"n":"${index}"}`) as { request_id: string };
      await scene.ann.upload(provider.id, request_id, String(index));
      return (await read).bytes.toString();
    });
    expect(await Promise.all(rounds)).toEqual(rounds.map((_, index) => String(index)));
  });

  it('is told in its provider’s room and in the room that it came from', async () => {
    const shared = await scene.aProvider('@global:filesystem:all');
    publisher.clear();
    const hash = await scene.asked('', { fullName: '@global:filesystem:all' });
    await scene.asked('', { room: 'office', fullName: '@global:filesystem:all' });
    await scene.asked('', { room: 'office', fullName: '@global:filesystem:all' });
    await scene.root.upload(shared.id, hash, '1');
    await until(() => publisher.payloadsOf('provider_result_ready').length >= 3);
    const told = publisher.events.filter(({ name }) => name === 'provider_result_ready');
    expect(told.map(({ room }) => room).sort()).toEqual(['room:@global', 'room:lab', 'room:office']);
    expect(told[0]?.payload).toEqual({ provider_name: '@global:filesystem:all', request_hash: hash });
    await scene.root.remove(shared.id);
  });

  it('is told once in a room that is both', async () => {
    await scene.ann.upload(provider.id, await scene.asked(), '1');
    await scene.asked('?n=1');
    expect(publisher.events.map(({ name, room }) => `${name} ${room}`)).toEqual([
      `provider_request providers:${FILES}`,
      'provider_result_ready room:lab',
      `provider_request providers:${FILES}`,
    ]);
  });

  it('asks again when the time in flight is over: a provider that died does not block it', async () => {
    await scene.asked();
    scene.server.clock.advance(0.9);
    await scene.asked();
    expect(requests()).toHaveLength(1);
    scene.server.clock.advance(0.2);
    await scene.asked();
    expect(requests()).toHaveLength(2);
  });

  it('asks again while it is held, too', async () => {
    const read = scene.sue.read('?path=%2Fdata', { prefer: 'wait=15' });
    await asked();
    scene.server.clock.advance(1.1);
    await asked(2);
    await scene.ann.upload(provider.id, PATH_HASH, 'late');
    expect((await read).bytes.toString()).toBe('late');
  });

  it('takes a result that came after the time in flight', async () => {
    const hash = await scene.asked();
    scene.server.clock.advance(5);
    await scene.ann.upload(provider.id, hash, 'late');
    expect((await scene.sue.read()).bytes.toString()).toBe('late');
  });

  it('forgets a result when its time is over', async () => {
    await scene.ann.upload(provider.id, await scene.asked(), 'x');
    scene.server.clock.advance(299);
    expect((await scene.sue.read()).status).toBe(200);
    scene.server.clock.advance(2);
    expect((await scene.sue.read()).status).toBe(202);
  });

  it('gets nothing from before the last registration', async () => {
    const hash = await scene.asked();
    await scene.ann.upload(provider.id, hash, 'old');
    await scene.ann.register(FILES, { content_type: 'text/plain' });
    expect((await scene.sue.read()).status).toBe(202);
    expect(requests()).toHaveLength(2);
    await scene.ann.upload(provider.id, hash, 'new');
    expect((await scene.sue.read()).bytes.toString()).toBe('new');
  });

  it('that is held while its provider registers anew is asked again, and answered by the new one', async () => {
    const read = scene.sue.read('?path=%2Fdata', { prefer: 'wait=15' });
    await asked();
    await scene.ann.register(FILES, { content_type: 'image/png' });
    await asked(2);
    await scene.ann.upload(provider.id, PATH_HASH, 'new');
    const answer = await read;
    expect([answer.bytes.toString(), answer.headers.get('content-type')]).toEqual(['new', 'image/png']);
  });

  it('that is held while its provider is removed is told so', async () => {
    const read = scene.sue.read('', { prefer: 'wait=15' });
    await scene.held(1);
    await scene.ann.remove(provider.id);
    expectProblem(await read, 'ProviderNotFound');
  });

  it('gets nothing of a provider of the same name that was removed', async () => {
    const hash = await scene.asked();
    await scene.ann.upload(provider.id, hash, 'old');
    await scene.ann.remove(provider.id);
    provider = await scene.aProvider();
    expect((await scene.sue.read()).status).toBe(202);
  });

  it('with no-cache is asked anew, whatever is cached', async () => {
    const hash = await scene.asked();
    await scene.ann.upload(provider.id, hash, 'same');
    const fresh = scene.sue.read('', { 'cache-control': 'max-age=0, no-cache', prefer: 'wait=15' });
    await asked(2);
    await scene.ann.upload(provider.id, hash, 'same');
    const answer = await fresh;
    expect([answer.status, answer.bytes.toString(), answer.headers.get('preference-applied')]).toEqual([200, 'same', 'wait=15']);
    expect((await scene.sue.read()).status).toBe(200);
    expect(requests()).toHaveLength(2);
  });

  it('with no-cache shares a request that is on its way, and none gets the old result', async () => {
    const hash = await scene.asked();
    await scene.ann.upload(provider.id, hash, 'old');
    const reads = Array.from({ length: 20 }, () => scene.sue.read('', { 'cache-control': 'no-cache', prefer: 'wait=15' }));
    await scene.held(20);
    await scene.ann.upload(provider.id, hash, 'new');
    expect(new Set((await Promise.all(reads)).map(({ bytes }) => bytes.toString()))).toEqual(new Set(['new']));
    expect(requests()).toHaveLength(2);
  });

  it('whose client goes away is held no longer; the others are', async () => {
    const controller = new AbortController();
    const url = `${scene.server.origin}/v1/joblib/rooms/lab/providers/${FILES}`;
    const headers = { authorization: 'Bearer sue', prefer: 'wait=15' };
    const gone = fetch(url, { headers, signal: controller.signal }).catch((error: unknown) => error);
    const other = scene.sue.read('', { prefer: 'wait=15' });
    await scene.held(2);
    controller.abort();
    await gone;
    await scene.held(1);
    await scene.ann.upload(provider.id, (requests()[0] as { request_id: string }).request_id, 'x');
    expect((await other).status).toBe(200);
  });

  it('answers HEAD like GET, without the bytes', async () => {
    await scene.ann.upload(provider.id, await scene.asked(), 'hello');
    const url = `${scene.server.origin}/v1/joblib/rooms/lab/providers/${FILES}`;
    const answer = await fetch(url, { method: 'HEAD', headers: { authorization: 'Bearer sue' } });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '5']);
  });
});
