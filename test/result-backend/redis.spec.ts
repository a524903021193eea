import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { RedisResultBackend } from '@joblib/redis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { RedisServer, redisMissing } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { conformsToResultBackend } from './conformance.js';

const { JOBLIB_TEST_REDIS_URL } = process.env;

const shared = JOBLIB_TEST_REDIS_URL !== undefined || redisMissing === null ? describe : describe.skip;

shared(`the result backend on Redis${redisMissing === null ? '' : ` (${redisMissing}, and JOBLIB_TEST_REDIS_URL is not set)`}`, () => {
  let own: RedisServer | null = null;

  beforeAll(async () => {
    if (JOBLIB_TEST_REDIS_URL === undefined) own = await RedisServer.start();
  });
  afterAll(() => own?.kill());

  const url = () => JOBLIB_TEST_REDIS_URL ?? own?.url ?? '';

  conformsToResultBackend(async () => {
    // A prefix of its own: the server may be everybody's.
    const keyPrefix = `test:${randomUUID()}:`;
    const [left, right] = await Promise.all([
      RedisResultBackend.connect(url(), { keyPrefix }),
      RedisResultBackend.connect(url(), { keyPrefix }),
    ]);
    return {
      left,
      right,
      // Redis has a clock of its own.
      elapse: async (seconds) => void (await pause(seconds * 1000)),
      close: async () => [left, right].forEach((backend) => backend.close()),
    };
  });

  describe('of two servers', () => {
    const keyPrefix = `test:${randomUUID()}:`;
    let left: RedisResultBackend;
    let right: RedisResultBackend;

    beforeAll(async () => {
      [left, right] = await Promise.all([
        RedisResultBackend.connect(url(), { keyPrefix }),
        RedisResultBackend.connect(url(), { keyPrefix }),
      ]);
    });
    afterAll(() => [left, right].forEach((backend) => backend.close()));

    it('lets only the holder release a lock', async () => {
      await left.acquireInflight('lock', 60);
      await right.releaseInflight('lock');
      expect(await right.acquireInflight('lock', 60)).toBe(false);
      await left.releaseInflight('lock');
      expect(await right.acquireInflight('lock', 60)).toBe(true);
      await left.releaseInflight('lock');
      expect(await left.acquireInflight('lock', 60)).toBe(false);
    });

    it('finds what nobody told, a little later', async () => {
      const wait = right.waitForKey('silent', 60);
      // By then the first look has found nothing.
      expect(await right.waitForKey('another', 0.1)).toBeNull();
      await left.store('silent', Buffer.from('x'), 60);
      expect(Buffer.from((await wait) ?? []).toString()).toBe('x');
    });

    it('keeps large answers as they are', async () => {
      const data = Buffer.alloc(8 * 1024 * 1024, 'abc\u0000\u00ff', 'latin1');
      const wait = right.waitForKey('large', 60);
      await left.store('large', data, 60);
      await left.notifyKey('large');
      expect(Buffer.compare((await wait) ?? Buffer.alloc(0), data)).toBe(0);
    });
  });
});

const alone = redisMissing === null ? describe : describe.skip;

alone(`the result backend on a Redis that goes away${redisMissing === null ? '' : ` (${redisMissing})`}`, () => {
  let server: RedisServer;
  let backend: RedisResultBackend;

  beforeAll(async () => {
    server = await RedisServer.start();
    backend = await RedisResultBackend.connect(server.url, { commandTimeoutMs: 300 });
  });
  afterAll(async () => {
    backend.close();
    await server.kill();
  });

  const everything = () => [
    backend.get('k'),
    backend.store('k', Buffer.from('x'), 60),
    backend.delete('k'),
    backend.acquireInflight('k', 60),
    backend.releaseInflight('k'),
    backend.notifyKey('k'),
    backend.waitForKey('k', 60),
  ];
  const outcomes = async () => (await Promise.allSettled(everything())).map(({ status }) => status);

  it('refuses everything at once when it was killed, waits that were held included; and works again when it is back', async () => {
    const wait = backend.waitForKey('held', 60).catch((error: Error) => error.message);
    await backend.get('k');
    await server.kill();
    expect(await wait).toContain('Redis');
    expect(new Set(await outcomes())).toEqual(new Set(['rejected']));
    await until('the loss is noticed', () => !backend.isConnected);
    expect(new Set(await outcomes())).toEqual(new Set(['rejected']));
    await server.start();
    await until('a connection', () => backend.isConnected);
    const again = backend.waitForKey('new', 60);
    await backend.store('new', Buffer.from('x'), 60);
    await backend.notifyKey('new');
    expect(Buffer.from((await again) ?? []).toString()).toBe('x');
  });

  it('refuses everything soon when it does not answer', async () => {
    server.pause();
    expect(new Set(await outcomes())).toEqual(new Set(['rejected']));
    await server.kill();
    await server.start();
    await until('a connection', () => backend.isConnected);
    expect(await backend.get('k')).toBeNull();
  });

  it('may be away when a server starts', async () => {
    await server.kill();
    const late = await RedisResultBackend.connect(server.url);
    await expect(late.get('k')).rejects.toThrow();
    await server.start();
    await until('a connection', () => late.isConnected);
    expect(await late.get('k')).toBeNull();
    late.close();
  });

  it('is closed with the waits that it holds', async () => {
    const closing = await RedisResultBackend.connect(server.url);
    const wait = closing.waitForKey('never', 60).catch((error: Error) => error.message);
    closing.onApplicationShutdown();
    expect(await wait).toMatch(/closed|lost/);
  });
});
