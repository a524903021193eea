import type { ResultBackend } from '@joblib/nestjs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

/** Two ends of one store: what two servers would have. In one process both may be the same object. */
export interface BackendPair {
  readonly left: ResultBackend;
  readonly right: ResultBackend;
  /** Lets that much time pass for what was stored. */
  elapse(seconds: number): Promise<void>;
  close(): Promise<void>;
}

const text = (data: Uint8Array | null): string | null => (data === null ? null : Buffer.from(data).toString());
const bytes = (content: string): Uint8Array => Buffer.from(content);

/** What every result backend has to do, as tests. Call it inside a `describe`. */
export function conformsToResultBackend(start: () => Promise<BackendPair>): void {
  let pair: BackendPair;
  let left: ResultBackend;
  let right: ResultBackend;
  let count = 0;
  const newKey = (): string => `key:${(count += 1)}`;

  beforeAll(async () => {
    pair = await start();
    ({ left, right } = pair);
  });
  afterAll(() => pair.close());

  it('has nothing under a key that was never stored', async () => {
    expect(await left.get(newKey())).toBeNull();
  });

  it('answers the bytes that were stored, whatever they are', async () => {
    const key = newKey();
    const data = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7919) % 256);
    await left.store(key, data, 60);
    const got = await right.get(key);
    expect(Buffer.compare(got ?? bytes(''), data)).toBe(0);
  });

  it('keeps an empty answer, which is not the same as none', async () => {
    const key = newKey();
    await left.store(key, bytes(''), 60);
    expect(text(await right.get(key))).toBe('');
    expect(text(await right.waitForKey(key, 60))).toBe('');
  });

  it('keeps what was stored last', async () => {
    const key = newKey();
    await left.store(key, bytes('old'), 60);
    await right.store(key, bytes('new'), 60);
    expect(text(await left.get(key))).toBe('new');
  });

  it('tells keys apart, colons and other characters included', async () => {
    const key = newKey();
    await left.store(`${key}:a`, bytes('a'), 60);
    await left.store(`${key}:ü😀 *?[x]\n`, bytes('b'), 60);
    expect([await left.get(`${key}:a`), await left.get(`${key}:ü😀 *?[x]\n`), await left.get(key)].map(text)).toEqual(['a', 'b', null]);
  });

  it('forgets what was deleted, and deletes what is not there', async () => {
    const key = newKey();
    await left.store(key, bytes('x'), 60);
    await right.delete(key);
    await right.delete(key);
    expect(await left.get(key)).toBeNull();
  });

  it('forgets an answer when its time is over', async () => {
    const key = newKey();
    await left.store(key, bytes('x'), 0.5);
    await pair.elapse(0.6);
    expect(await right.get(key)).toBeNull();
  });

  it('gives the lock of a key to one of many', async () => {
    const key = newKey();
    const asked = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? left : right).acquireInflight(key, 60)));
    expect(asked.filter(Boolean)).toHaveLength(1);
  });

  it('gives the lock again once it is released', async () => {
    const key = newKey();
    expect(await left.acquireInflight(key, 60)).toBe(true);
    await left.releaseInflight(key);
    expect(await right.acquireInflight(key, 60)).toBe(true);
  });

  it('gives the lock again when its time is over', async () => {
    const key = newKey();
    expect(await left.acquireInflight(key, 0.5)).toBe(true);
    await pair.elapse(0.6);
    expect(await right.acquireInflight(key, 60)).toBe(true);
  });

  it('releases what nobody holds', async () => {
    const key = newKey();
    await left.releaseInflight(key);
    expect(await left.acquireInflight(key, 60)).toBe(true);
  });

  it('does not take a lock for an answer', async () => {
    const key = newKey();
    await left.acquireInflight(key, 60);
    expect(await left.get(key)).toBeNull();
    await left.store(key, bytes('x'), 60);
    await left.releaseInflight(key);
    expect(text(await left.get(key))).toBe('x');
  });

  it('answers a wait at once when there is something already', async () => {
    const key = newKey();
    await left.store(key, bytes('x'), 60);
    expect(text(await right.waitForKey(key, 60))).toBe('x');
  });

  it('wakes everybody who waits, here and there, when it is told', async () => {
    const key = newKey();
    const waits = [left, right, left, right].map((backend) => backend.waitForKey(key, 60));
    await left.store(key, bytes('x'), 60);
    await left.notifyKey(key);
    expect((await Promise.all(waits)).map(text)).toEqual(['x', 'x', 'x', 'x']);
  });

  it('answers a wait with null when nothing came in its time', async () => {
    expect(await left.waitForKey(newKey(), 0.02)).toBeNull();
    expect(await left.waitForKey(newKey(), 0)).toBeNull();
  });

  it('goes on waiting when it is told of a key that has nothing', async () => {
    const key = newKey();
    const wait = left.waitForKey(key, 60);
    await right.notifyKey(key);
    await right.store(key, bytes('x'), 60);
    await right.notifyKey(key);
    expect(text(await wait)).toBe('x');
  });

  it('misses nothing that is stored while a wait begins', async () => {
    const keys = Array.from({ length: 50 }, newKey);
    const waits = keys.map((key) => left.waitForKey(key, 60));
    await Promise.all(keys.map((key) => right.store(key, bytes(key), 60).then(() => right.notifyKey(key))));
    expect((await Promise.all(waits)).map(text)).toEqual(keys);
  });

  it('tells those who wait for one key nothing of another', async () => {
    const [key, other] = [newKey(), newKey()];
    const wait = left.waitForKey(key, 0.1);
    await right.store(other, bytes('x'), 60);
    await right.notifyKey(other);
    expect(await wait).toBeNull();
  });
}
