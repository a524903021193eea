import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { PROBLEMS } from '@joblib/contract';
import { rawRequest } from '../http/raw-request.js';
import { FILES, ProviderScene } from './provider-scene.js';

/** Of no parameters. */
const EMPTY_HASH = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';

describe('a cached result', () => {
  let scene: ProviderScene;
  let id: string;
  let etag: string;

  beforeAll(async () => {
    scene = await ProviderScene.start();
    ({ id } = await scene.aProvider(FILES, { content_type: 'text/plain' }));
    await scene.ann.upload(id, await scene.asked(), '0123456789');
    etag = (await scene.sue.read()).headers.get('etag') ?? '';
  });
  afterAll(() => scene.close());

  const read = (headers: Record<string, string> = {}) => scene.sue.read('', headers);

  it('has an entity tag of its bytes, and says how long it is kept', async () => {
    scene.server.clock.advance(100);
    const answer = await read();
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    expect(
      Object.fromEntries(
        ['etag', 'cache-control', 'age', 'accept-ranges', 'x-content-type-options', 'content-security-policy'].map((name) => [
          name,
          answer.headers.get(name),
        ]),
      ),
    ).toEqual({
      etag,
      'cache-control': 'private, max-age=200',
      age: '100',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  it('has the same tag for the same bytes and another one for others', async () => {
    const tags: (string | null)[] = [];
    for (const [query, data] of [
      ['?n=1', 'a'],
      ['?n=2', 'a'],
      ['?n=3', 'b'],
    ] as const) {
      await scene.ann.upload(id, await scene.asked(query), data);
      tags.push((await scene.sue.read(query)).headers.get('etag'));
    }
    expect(tags[0]).toBe(tags[1]);
    expect(tags[0]).not.toBe(tags[2]);
  });

  it.each(['same', 'weak', 'list', '*'])('is not sent again to who has it (%s)', async (kind) => {
    const header = { same: etag, weak: `W/${etag}`, list: `"x", ${etag} ,"y"`, '*': '*' }[kind] ?? '';
    const answer = await read({ 'if-none-match': header });
    expect([answer.status, answer.bytes.length, answer.headers.get('etag'), answer.headers.get('cache-control')]).toEqual([
      304,
      0,
      etag,
      expect.stringMatching(/^private, max-age=\d+$/),
    ]);
  });

  it('is sent to who has another one', async () => {
    expect((await read({ 'if-none-match': '"x"' })).status).toBe(200);
  });

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-', '456789', 'bytes 4-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=8-100', '89', 'bytes 8-9/10'],
    ['bytes=-100', '0123456789', 'bytes 0-9/10'],
    ['Bytes = 9 - 9', '9', 'bytes 9-9/10'],
  ])('is sent in part for %s', async (range, part, contentRange) => {
    const answer = await read({ range });
    expect([answer.status, answer.bytes.toString(), answer.headers.get('content-range'), answer.headers.get('content-length')]).toEqual([
      206,
      part,
      contentRange,
      String(part.length),
    ]);
    expect([answer.headers.get('etag'), answer.headers.get('content-type')]).toEqual([etag, 'text/plain']);
  });

  it.each(['bytes=0-1,3-4', 'lines=0-1', 'bytes=', 'bytes=-', 'bytes=5-2', 'bytes=a-b', 'bytes'])('is sent whole for %s', async (range) => {
    const answer = await read({ range });
    expect([answer.status, answer.bytes.length]).toEqual([200, 10]);
  });

  it.each(['bytes=10-', 'bytes=10-20', 'bytes=-0', 'bytes=99999999999999999999-'])('has nothing for %s', async (range) => {
    const answer = await read({ range });
    expect([answer.status, answer.headers.get('content-range'), answer.headers.get('content-type')]).toEqual([
      416,
      'bytes */10',
      'application/problem+json',
    ]);
    expect(answer.body).toMatchObject({ type: `/v1/problems/${PROBLEMS.RangeNotSatisfiable.id}` });
  });

  it('is sent in part only to who has parts of the same', async () => {
    expect((await read({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    for (const other of ['"x"', `W/${etag}`, 'Sat, 31 Jan 2026 12:00:00 GMT']) {
      expect((await read({ range: 'bytes=0-1', 'if-range': other })).status).toBe(200);
    }
  });

  it('has these, too, when it was waited for', async () => {
    const waited = scene.sue.read('?n=new', { prefer: 'wait=15', range: 'bytes=1-1' });
    await scene.held(1);
    const { request_id } = scene.requests.at(-1) ?? { request_id: '' };
    await scene.ann.upload(id, request_id, 'abc');
    const answer = await waited;
    expect([answer.status, answer.bytes.toString(), answer.headers.get('preference-applied')]).toEqual([206, 'b', 'wait=15']);
  });

  describe('and no-cache', () => {
    /** With exactly these headers; `fetch` adds some. */
    const status = (headers: Record<string, string>) =>
      rawRequest(scene.server.origin, {
        method: 'GET',
        path: `/v1/joblib/rooms/lab/providers/${FILES}`,
        headers: { authorization: 'Bearer sue', ...headers },
      }).then((answer) => answer.status);

    it('do not count as a wish for a fresh one where fetch has added it to a condition', async () => {
      const added = { 'cache-control': 'no-cache', pragma: 'no-cache' };
      expect(await status({ ...added, 'if-none-match': etag })).toBe(304);
      expect(await status({ ...added, 'if-range': etag, range: 'bytes=0-1' })).toBe(206);
    });

    it.each<Record<string, string>>([{}, { pragma: 'no-cache' }, { 'if-none-match': '"x"' }])(
      'ask for a fresh one with %j',
      async (headers) => {
        const before = scene.requests.length;
        expect(await status({ 'cache-control': 'no-cache', ...headers })).toBe(202);
        expect(scene.requests).toHaveLength(before + 1);
        await scene.ann.upload(id, EMPTY_HASH, '0123456789');
      },
    );

    it.each(['max-age=0', 'no-store', 'x-no-cache', 'only-if-cached'])('is not %s', async (directive) => {
      expect(await status({ 'cache-control': directive })).toBe(200);
    });
  });
});
