import { request as httpRequest } from 'node:http';

import { RESULT_BACKEND } from '@joblib/nestjs';
import type { ResultBackend } from '@joblib/nestjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { expectProblem } from '../http/expectations.js';
import { NOBODY } from '../http/scene.js';
import { FILES, ProviderScene } from './provider-scene.js';

const LIMIT = 200_000;

/** Every byte there is, in an order that is no text. */
const BINARY = Buffer.from(Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7919 + (index >> 8)) % 256));

describe('an upload', () => {
  let scene: ProviderScene;
  let provider: { id: string };
  let hash: string;
  let count = 0;

  const query = () => `?n=${count}`;
  const path = () => `/providers/${provider.id}/results`;
  const uploadJson = (body: unknown, headers = {}) => scene.ann.user.call('POST', path(), body, headers);
  const cached = async () => (await scene.sue.read(query())).bytes.toString();

  beforeAll(async () => {
    scene = await ProviderScene.start({ settings: { providerResultMaxBytes: LIMIT, maxBodyBytes: 1000 } });
    provider = await scene.aProvider(FILES, { content_type: 'application/x-frames' });
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    count += 1;
    hash = await scene.asked(query());
  });

  it('of bytes is answered with the same bytes and the media type of the provider, whatever that of the upload is', async () => {
    for (const headers of [{}, { 'content-type': 'application/json' }, { 'content-type': 'text/plain' }, { 'content-type': 'not one' }]) {
      expect((await scene.ann.upload(provider.id, hash, BINARY, headers as Record<string, string>)).status).toBe(204);
      const answer = await scene.sue.read(query());
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-frames']);
      expect(answer.bytes.equals(BINARY)).toBe(true);
    }
  });

  it('of no bytes is a result', async () => {
    expect((await scene.ann.upload(provider.id, hash, '')).status).toBe(204);
    const answer = await scene.sue.read(query());
    expect([answer.status, answer.bytes.length, answer.headers.get('content-type')]).toEqual([200, 0, 'application/x-frames']);
  });

  it('in the JSON form keeps the text of its data', async () => {
    const data = '{"n":12345678901234567890,"__proto__":{"a":"\\u0000\\ud800"},"f":1.0}';
    expect((await uploadJson(`{"request_hash":"${hash}","data":${data},"more":1}`)).status).toBe(204);
    expect(JSON.parse(await cached())).toEqual(JSON.parse(data));
    expect(await cached()).toContain('12345678901234567890');
  });

  it.each(['null', '"text"', '[]', '0', 'false'])('in the JSON form may be %s', async (data) => {
    await uploadJson(`{"request_hash":"${hash}","data":${data}}`);
    expect(await cached()).toBe(data);
  });

  it('in the JSON form may report a failure', async () => {
    await uploadJson({ request_hash: hash, data: { status: 418, title: 'Teapot' } }, { 'x-result-status': 'ERROR' });
    expect((await scene.sue.read(query())).body).toMatchObject({ status: 418, title: 'Teapot' });
  });

  it('is JSON, if it looks like the JSON form but has its hash in the header', async () => {
    const body = JSON.stringify({ request_hash: 'another', data: 1 });
    await scene.ann.upload(provider.id, hash, body, { 'content-type': 'application/json' });
    expect(await cached()).toBe(body);
  });

  it.each([
    ['no body', undefined],
    ['no hash', { data: 1 }],
    ['a hash that is no text', { request_hash: 5, data: 1 }],
    ['no object', [1]],
  ])('with %s is refused', async (_, body) => {
    expectProblem(await uploadJson(body), 'ValidationError', ['X-Request-Hash']);
  });

  it('without a hash is refused, whatever its bytes are', async () => {
    for (const type of [undefined, 'application/octet-stream']) {
      const response = await fetch(`${scene.server.origin}/v1/joblib${path()}`, {
        method: 'POST',
        headers: { authorization: 'Bearer ann', ...(type && { 'content-type': type }) },
        body: BINARY,
      });
      expect([response.status, ((await response.json()) as { type: string }).type]).toEqual([422, '/v1/problems/validation-error']);
    }
  });

  it('of JSON that is broken is refused', async () => {
    expectProblem(await uploadJson('{"request_hash":'), 'MalformedBody');
    expectProblem(await uploadJson({ request_hash: hash }), 'ValidationError', ['/data']);
  });

  it.each(['', 'x'.repeat(1025)])('with a hash like %j is refused', async (bad) => {
    expectProblem(await uploadJson({ request_hash: bad, data: 1 }), 'ValidationError', ['/request_hash']);
    expectProblem(await scene.ann.upload(provider.id, bad, '1'), 'ValidationError', ['X-Request-Hash']);
  });

  it('may have any other hash, and is kept although nobody asked', async () => {
    for (const any of ['x', ':', 'not hex', '%00', 'a'.repeat(1024)])
      expect((await scene.ann.upload(provider.id, any, '1')).status).toBe(204);
    const ahead = 'b1d1a6c3a5a6b0ab0b2bd18bbd6e0ed06bba2c7a2ea13c6e0f5c0ea9d0f9a111';
    expect((await scene.root.upload(provider.id, ahead, '1')).status).toBe(204);
  });

  it('that comes before anybody asks is the answer to whoever does', async () => {
    const known = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'; // of {}
    const before = scene.requests.length;
    await scene.ann.upload(provider.id, known, 'pushed');
    expect((await scene.sue.read()).bytes.toString()).toBe('pushed');
    expect(scene.requests).toHaveLength(before);
  });

  it('for the same read replaces the one before', async () => {
    await scene.ann.upload(provider.id, hash, 'first');
    await scene.ann.upload(provider.id, hash, 'second');
    expect(await cached()).toBe('second');
    const both = ['a'.repeat(50_000), 'b'.repeat(50_000)];
    await Promise.all(both.map((data) => scene.ann.upload(provider.id, hash, data)));
    expect(both).toContain(await cached());
  });

  it('is for the owner and superusers alone', async () => {
    expectProblem(await scene.bob.upload(provider.id, hash, 'x'), 'Forbidden');
    expectProblem(await scene.bob.user.call('POST', path(), { request_hash: hash, data: 1 }), 'Forbidden');
    for (const nobody of [NOBODY, 'none']) expectProblem(await scene.ann.upload(nobody, hash, 'x'), 'ProviderNotFound');
    expect((await scene.sue.read(query())).status).toBe(202);
    expect((await scene.root.upload(provider.id, hash, 'x')).status).toBe(204);
  });

  it('may be as large as the settings say, and no larger', async () => {
    expect((await scene.ann.upload(provider.id, hash, Buffer.alloc(LIMIT))).status).toBe(204);
    expectProblem(await scene.ann.upload(provider.id, hash, Buffer.alloc(LIMIT + 1)), 'PayloadTooLarge');
    expectProblem(await uploadJson(JSON.stringify({ request_hash: hash, data: 'x'.repeat(LIMIT) })), 'PayloadTooLarge');
    expect((await scene.sue.read(query())).bytes.length).toBe(LIMIT);
  });

  it('that is too large is refused before anything but the token', async () => {
    expectProblem(await scene.ann.upload(NOBODY, '', Buffer.alloc(LIMIT + 1)), 'PayloadTooLarge');
  });

  it('of a problem document may be as large as any other body', async () => {
    const headers = { 'x-result-status': 'error' };
    expectProblem(await scene.ann.upload(provider.id, hash, 'x'.repeat(1001), headers), 'PayloadTooLarge');
    expect((await scene.ann.upload(provider.id, hash, 'x'.repeat(1000), headers)).status).toBe(204);
  });

  it('of unknown length is taken as it comes, and refused as soon as it is too large', async () => {
    expect(await stream(provider.id, hash, [BINARY, BINARY])).toBe(204);
    expect((await scene.sue.read(query())).bytes.equals(Buffer.concat([BINARY, BINARY]))).toBe(true);
    expect(await stream(provider.id, hash, [BINARY, BINARY, BINARY])).toBe(413);
  });

  it('that breaks off stores nothing, and another one goes through', async () => {
    await stream(provider.id, hash, [BINARY], 'break off');
    expect((await scene.sue.read(query())).status).toBe(202);
    await scene.ann.upload(provider.id, hash, 'whole');
    expect(await cached()).toBe('whole');
  });

  it('that is encoded for its way is refused: what would be kept are other bytes', async () => {
    expectProblem(await scene.ann.upload(provider.id, hash, 'x', { 'content-encoding': 'gzip' }), 'UnsupportedMediaType');
  });

  /** Sends pieces without saying how many bytes they are. */
  function stream(
    providerId: string,
    requestHash: string,
    pieces: readonly Buffer[],
    end: 'end' | 'break off' = 'end',
  ): Promise<number | undefined> {
    return new Promise((resolve) => {
      const outgoing = httpRequest(`${scene.server.origin}/v1/joblib/providers/${providerId}/results`, {
        method: 'POST',
        headers: { authorization: 'Bearer ann', 'x-request-hash': requestHash, 'transfer-encoding': 'chunked' },
      });
      outgoing.on('error', () => resolve(undefined));
      outgoing.on('response', (response) => resolve(response.resume().statusCode));
      for (const piece of pieces) outgoing.write(piece);
      if (end === 'end') outgoing.end();
      else outgoing.write(Buffer.alloc(1), () => outgoing.destroy());
    });
  }
});

describe('results on a host’s own backend', () => {
  it('are kept by its seven methods alone, self-describing, and survive the server', async () => {
    const kept = new Map<string, Uint8Array>();
    const locks = new Set<string>();
    const calls = new Set<string>();
    const backend: ResultBackend = {
      store: async (key, data) => void (calls.add('store'), kept.set(key, Uint8Array.from(data))),
      get: async (key) => kept.get(key) ?? null,
      delete: async (key) => void kept.delete(key),
      acquireInflight: async (key) => !locks.has(key) && Boolean(locks.add(key)),
      releaseInflight: async (key) => void locks.delete(key),
      waitForKey: async (key) => {
        while (!kept.has(key)) await new Promise(setImmediate);
        return kept.get(key) ?? null;
      },
      notifyKey: async () => void calls.add('notify'),
    };
    const scene = await ProviderScene.start({ overrides: [{ provide: RESULT_BACKEND, useValue: backend }] });
    try {
      const { id } = await scene.aProvider(FILES, { content_type: 'image/png' });
      const read = scene.sue.read('', { prefer: 'wait=15' });
      const { request_id } = await scene.request();
      await scene.ann.upload(id, request_id, BINARY);
      const answer = await read;
      expect([answer.status, answer.headers.get('content-type'), answer.bytes.equals(BINARY)]).toEqual([200, 'image/png', true]);
      expect([...calls].sort()).toEqual(['notify', 'store']);
      expect([...kept.keys()]).toEqual([expect.stringContaining(FILES)]);
      expect([...kept.keys()]).toEqual([expect.stringContaining(request_id)]);
      expect(locks.size).toBe(0);
      for (const key of kept.keys()) kept.set(key, Buffer.from('somebody else’s'));
      expect((await scene.sue.read()).status).toBe(202);
    } finally {
      await scene.close();
    }
  });

  it('that is away refuses reads and uploads, and recovers by itself', async () => {
    let isAway = false;
    const answer = async <T>(value: T): Promise<T> => {
      if (isAway) throw new Error('connection refused');
      return value;
    };
    const kept = new Map<string, Uint8Array>();
    const backend: ResultBackend = {
      store: (key, data) => answer(void kept.set(key, data)),
      get: (key) => answer(kept.get(key) ?? null),
      delete: () => answer(undefined),
      acquireInflight: () => answer(true),
      releaseInflight: () => answer(undefined),
      waitForKey: () => answer(null),
      notifyKey: () => answer(undefined),
    };
    const scene = await ProviderScene.start({ overrides: [{ provide: RESULT_BACKEND, useValue: backend }] });
    try {
      const { id } = await scene.aProvider();
      const held = scene.sue.read('', { prefer: 'wait=15' });
      const { request_id } = await scene.request();
      isAway = true;
      for (const refused of [await held, await scene.sue.read(), await scene.ann.upload(id, request_id, '1')]) {
        expectProblem(refused, 'ResultBackendUnavailable');
        expect(refused.headers.get('retry-after')).toBe('2');
      }
      isAway = false;
      expect((await scene.ann.upload(id, request_id, '1')).status).toBe(204);
      expect((await scene.sue.read()).status).toBe(200);
    } finally {
      await scene.close();
    }
  });
});
