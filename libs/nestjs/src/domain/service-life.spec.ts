import { describe, expect, it } from '@jest/globals';

import { DEAD_AFTER_MS, FORGOTTEN_AFTER_MS, asItIs, compareServices, isAlive, isForgotten } from './service-life.js';
import { NOW, aService } from './service.fixture.js';

const SINCE = '2025-12-31T23:59:39.999Z';
const unknownBecause = (lastError: string): object => ({ state: 'failed', health: 'unknown', startedAt: null, lastError });

describe('the life of a server', () => {
  it('ends 20 s after it was last heard of, or when it says so', () => {
    expect([DEAD_AFTER_MS, FORGOTTEN_AFTER_MS]).toEqual([20_000, 300_000]);
    expect(isAlive(aService({ announcedAt: NOW - DEAD_AFTER_MS }), NOW)).toBe(true);
    expect(isAlive(aService({ announcedAt: NOW - DEAD_AFTER_MS - 1 }), NOW)).toBe(false);
    expect(isAlive(aService({ leftAt: NOW }), NOW)).toBe(false);
    // Of two machines' clocks one is a little behind.
    expect(isAlive(aService({ announcedAt: NOW + 1000 }), NOW)).toBe(true);
  });

  it('is forgotten after five minutes, also when it said that it ends', () => {
    for (const leftAt of [null, NOW]) {
      expect(isForgotten(aService({ leftAt, announcedAt: NOW - FORGOTTEN_AFTER_MS }), NOW)).toBe(false);
      expect(isForgotten(aService({ leftAt, announcedAt: NOW - FORGOTTEN_AFTER_MS - 1 }), NOW)).toBe(true);
    }
  });
});

describe('a service', () => {
  it('is as it was told while its server lives', () => {
    const service = aService({ health: 'unhealthy', lastError: 'no answer' });
    expect(asItIs(service, NOW)).toBe(service);
  });

  it('has failed when its server is not heard of any more, whatever it was at', () => {
    const service = aService({ announcedAt: NOW - DEAD_AFTER_MS - 1 });
    expect(asItIs(service, NOW)).toEqual({ ...service, ...unknownBecause(`Its server has not been heard of since ${SINCE}.`) });
    expect(asItIs({ ...service, state: 'stopped' }, NOW)).toMatchObject({ state: 'failed', health: 'unknown' });
  });

  it.each(['stopped', 'failed'] as const)('stays %s when its server has left', (state) => {
    const service = aService({ state, health: 'unknown', announcedAt: NOW - DEAD_AFTER_MS - 1, leftAt: NOW - DEAD_AFTER_MS - 1 });
    expect(asItIs(service, NOW)).toBe(service);
  });

  it('that its server left running is nobody’s', () => {
    expect(asItIs(aService({ leftAt: NOW - 20_001 }), NOW)).toMatchObject(unknownBecause(`Its server stopped at ${SINCE}.`));
  });

  it('has its place by start order, then by name, then by server', () => {
    const [a, b, c, d] = [aService(), aService({ serverId: 'x' }), aService({ name: 'worker' }), aService({ name: 'app', position: 1 })];
    expect([d, c, b, a].sort(compareServices)).toEqual([a, b, c, d]);
  });
});
