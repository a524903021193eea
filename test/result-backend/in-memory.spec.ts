import { InMemoryResultBackend } from '@joblib/nestjs';
import { FakeClock } from '@joblib/nestjs/testing';
import { describe, expect, it } from '@jest/globals';

import { conformsToResultBackend } from './conformance.js';

describe('the result backend in memory', () => {
  conformsToResultBackend(async () => {
    const clock = new FakeClock();
    const backend = new InMemoryResultBackend(clock);
    return { left: backend, right: backend, elapse: async (seconds) => clock.advance(seconds), close: async () => undefined };
  });

  it('makes room by forgetting what was not read for longest', async () => {
    const backend = new InMemoryResultBackend(new FakeClock(), { maxBytes: 3 * 101 });
    for (const key of ['a', 'b', 'c']) await backend.store(key, new Uint8Array(100), 60);
    await backend.get('a');
    await backend.store('d', new Uint8Array(100), 60);
    const kept = await Promise.all(['a', 'b', 'c', 'd'].map((key) => backend.get(key)));
    expect(kept.map((data) => data !== null)).toEqual([true, false, true, true]);
  });

  it('keeps nothing that is larger than all its room, and what was there stays', async () => {
    const backend = new InMemoryResultBackend(new FakeClock(), { maxBytes: 101 });
    await backend.store('a', new Uint8Array(100), 60);
    await backend.store('b', new Uint8Array(500), 60);
    expect(await backend.get('b')).toBeNull();
    expect(await backend.get('a')).not.toBeNull();
  });

  it('does not copy what it keeps', async () => {
    const backend = new InMemoryResultBackend(new FakeClock());
    const data = new Uint8Array(10);
    await backend.store('a', data, 60);
    expect(await backend.get('a')).toBe(data);
  });

  it('knows no more reads on their way than it may', async () => {
    const backend = new InMemoryResultBackend(new FakeClock(), { maxInflight: 2 });
    for (const key of ['a', 'b', 'c']) await backend.acquireInflight(key, 60);
    expect(await backend.acquireInflight('c', 60)).toBe(false);
    expect(await backend.acquireInflight('a', 60)).toBe(true);
  });
});
