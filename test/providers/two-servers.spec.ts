import { InMemoryResultBackend, LocalWakeUps, RESULT_BACKEND, WAKE_UPS } from '@joblib/nestjs';
import type { ResultBackend, WakeUps } from '@joblib/nestjs';
import { RedisResultBackend } from '@joblib/redis';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { expectProblem } from '../http/expectations.js';
import { RedisServer, redisMissing } from '../support/redis-server.js';
import { lastingDatabase } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';
import { FILES, ProviderScene, override, until } from './provider-scene.js';

const HASH = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'; // of {}
const HELD = { prefer: 'wait=15' };

/** What two servers share, and how it ends. */
interface Shared {
  readonly backends: readonly [ResultBackend, ResultBackend];
  readonly wakeUps: readonly [WakeUps, WakeUps];
  close(): Promise<void>;
}

/** Two servers on one database. `ann` has a provider of `@global` on the left one. */
class Pair {
  private constructor(
    readonly left: ProviderScene,
    readonly right: ProviderScene,
    readonly providerId: string,
    private readonly database: TestDatabase,
    private readonly shared: Shared,
  ) {}

  static async start(shared: Shared): Promise<Pair> {
    const database = await lastingDatabase();
    const [left, right] = [await this.#server(database, shared, 0), await this.#server(database, shared, 1)];
    const { id } = await left.aProvider('@global:filesystem:local', { content_type: 'text/plain' });
    return new Pair(left, right, id, database, shared);
  }

  static #server(database: TestDatabase, { backends, wakeUps }: Shared, index: 0 | 1): Promise<ProviderScene> {
    const overrides = [override(RESULT_BACKEND, backends[index]), override(WAKE_UPS, wakeUps[index])];
    return ProviderScene.start({ database, overrides, settings: { providerInflightTtlSeconds: 1 } });
  }

  get requests() {
    return [...this.left.requests, ...this.right.requests];
  }

  read(server: ProviderScene, query = '', headers: Record<string, string> = HELD, room = 'lab') {
    return server.sue.read(query, headers, { room, fullName: '@global:filesystem:local' });
  }

  async close(): Promise<void> {
    await this.left.close();
    await this.right.close();
    await this.database.remove();
    await this.shared.close();
  }
}

function inMemory(): Promise<Shared> {
  const [backend, wakeUps] = [new InMemoryResultBackend(), new LocalWakeUps()];
  return Promise.resolve({ backends: [backend, backend], wakeUps: [wakeUps, wakeUps], close: async () => undefined });
}

/** Each server has wake-ups of its own: whatever they carried between servers is missing. */
async function onRedis(): Promise<Shared & { readonly redis: RedisServer }> {
  const redis = await RedisServer.start();
  const [left, right] = [await RedisResultBackend.connect(redis.url), await RedisResultBackend.connect(redis.url)];
  const close = async (): Promise<void> => {
    [left, right].forEach((backend) => backend.close());
    await redis.kill();
  };
  return { backends: [left, right], wakeUps: [new LocalWakeUps(), new LocalWakeUps()], close, redis };
}

const KINDS = [
  { name: 'with a backend and wake-ups that both share', start: inMemory, missing: null },
  { name: 'with Redis, and without shared wake-ups', start: onRedis, missing: redisMissing },
];

describe.each(KINDS)('two servers, $name', ({ start, missing }) => {
  const test = missing === null ? it : it.skip;
  const because = missing === null ? '' : ` (${missing})`;
  let pair: Pair;

  beforeEach(async () => {
    if (missing === null) pair = await Pair.start(await start());
  });
  afterEach(() => (missing === null ? pair.close() : undefined));

  test(`ask once for all who read the same, wherever, and answer all${because}`, async () => {
    const readers = Array.from({ length: 40 }, (_, index) => pair.read(index % 2 ? pair.left : pair.right));
    await Promise.all([pair.left.held(20), pair.right.held(20)]);
    await pair.left.root.upload(pair.providerId, HASH, 'hello');
    const answers = await Promise.all(readers);
    expect(new Set(answers.map(({ status, bytes }) => `${status} ${bytes.toString()}`))).toEqual(new Set(['200 hello']));
    expect(pair.requests).toHaveLength(1);
  });

  test(`answer from the cache what the other one stored${because}`, async () => {
    await pair.left.root.upload(pair.providerId, HASH, 'hello');
    const answer = await pair.read(pair.right, '', {});
    expect([answer.status, answer.bytes.toString()]).toEqual([200, 'hello']);
  });

  test(`ask anew what the other one's server asked and then died${because}`, async () => {
    // A server that got the lock and was killed before it sent the request: only time ends its lock.
    const { registration_id } = (await pair.left.server.dataSource.query('SELECT registration_id FROM joblib_provider'))[0];
    const key = `provider-inflight:@global:filesystem:local:${registration_id}:${HASH}`;
    const backend = pair.left.server.app.get<ResultBackend>(RESULT_BACKEND, { strict: false });
    expect(await backend.acquireInflight(key, 0.5)).toBe(true);
    const read = pair.read(pair.right);
    await pair.right.held(1);
    await until(() => pair.requests.length === 1);
    await pair.right.root.upload(pair.providerId, HASH, 'hello');
    expect((await read).bytes.toString()).toBe('hello');
  });

  test(`drop what was cached when the provider is registered anew on either${because}`, async () => {
    await pair.left.root.upload(pair.providerId, HASH, 'old');
    await pair.right.root.register('@global:filesystem:local');
    expect((await pair.read(pair.left, '', {})).status).toBe(202);
  });

  test(`notice on one what changed on the other while a read is held${because}`, async () => {
    const read = pair.read(pair.right);
    await pair.right.held(1);
    await pair.left.root.remove(pair.providerId);
    expectProblem(await read, 'ProviderNotFound');
  });
});

describe('two servers whose wake-ups reach each other', () => {
  it('tell the room of a read, on the server that it came to, of a result that was uploaded to the other one', async () => {
    const pair = await Pair.start(await inMemory());
    try {
      await pair.read(pair.right, '', {}, 'office');
      await pair.left.root.upload(pair.providerId, HASH, 'hello');
      const rooms = ({ server }: ProviderScene) =>
        server.events.events.filter(({ name }) => name === 'provider_result_ready').map(({ room }) => room);
      await until(() => rooms(pair.right).length > 0);
      expect([rooms(pair.left), rooms(pair.right)]).toEqual([['room:@global'], ['room:office']]);
    } finally {
      await pair.close();
    }
  });
});

const withRedis = redisMissing === null ? it : it.skip;

describe(`a server whose Redis goes away${redisMissing === null ? '' : ` (${redisMissing})`}`, () => {
  withRedis(
    'refuses reads and uploads while it is away, also those that were held; everything else goes on; and it recovers by itself',
    async () => {
      const shared = await onRedis();
      const pair = await Pair.start(shared);
      try {
        const [{ left }, { redis }] = [pair, shared];
        const held = pair.read(left);
        await left.held(1);
        await redis.kill();
        for (const refused of [
          await held,
          await pair.read(left),
          await pair.read(left, '', {}),
          await left.root.upload(pair.providerId, HASH, 'x'),
        ]) {
          expectProblem(refused, 'ResultBackendUnavailable');
          expect(refused.headers.get('retry-after')).toBe('2');
        }
        expect((await left.ann.register(FILES)).status).toBe(201);
        await redis.start();
        await until(async () => (await left.root.upload(pair.providerId, HASH, 'back')).status === 204);
        await until(async () => (await pair.read(left)).status === 200);
        expect((await pair.read(left)).bytes.toString()).toBe('back');
      } finally {
        await pair.close();
      }
    },
  );
});
