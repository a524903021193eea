import { describe, expect, it } from '@jest/globals';

import { ResourceTracker } from './resource-tracker.js';
import { ResourceAllocationFailed } from './service-errors.js';

describe('ResourceTracker', () => {
  it('gives up to the limit, and says what is exceeded', () => {
    const tracker = new ResourceTracker({ limits: { port: 2 } });
    tracker.allocate('port');
    tracker.allocate('port');
    expect(() => tracker.allocate('port', 1, 'web')).toThrow(new ResourceAllocationFailed('port', 'web'));
    expect(tracker.used('port')).toBe(2);
  });

  it('makes ids of the type and a UUID', () => {
    const tracker = new ResourceTracker();
    const ids = [tracker.allocate('port'), tracker.allocate('port')];
    for (const id of ids) expect(id).toMatch(/^port_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('counts exactly one type: a name that begins the same is another', () => {
    const tracker = new ResourceTracker({ limits: { port: 1, port_range: 1, __proto__x: 1 } });
    tracker.allocate('port');
    tracker.allocate('port_range');
    tracker.allocate('por');
    expect(() => tracker.allocate('port_range')).toThrow('Resource limit exceeded for port_range');
    expect(['port', 'port_range', 'por', 'constructor'].map((type) => tracker.used(type))).toEqual([1, 1, 1, 0]);
  });

  it('takes one thing back once', () => {
    const tracker = new ResourceTracker({ limits: { port: 1 } });
    const id = tracker.allocate('port');
    expect([tracker.release(id), tracker.release(id), tracker.release('port_nobody')]).toEqual([true, false, false]);
    expect(tracker.used('port')).toBe(0);
    tracker.allocate('port');
    expect(() => tracker.allocate('port')).toThrow(ResourceAllocationFailed);
  });

  it('has no limit for what has none, and gives nothing where it is 0', () => {
    const tracker = new ResourceTracker({ limits: { port: 0 } });
    for (let count = 0; count < 1000; count += 1) tracker.allocate('process');
    expect(tracker.used('process')).toBe(1000);
    expect(() => tracker.allocate('port')).toThrow('Resource limit exceeded for port');
  });

  it('counts amounts, all or nothing', () => {
    const tracker = new ResourceTracker({ limits: { memory: 1000 } });
    const id = tracker.allocate('memory', 600);
    expect(() => tracker.allocate('memory', 401)).toThrow('Resource limit exceeded for memory');
    expect(tracker.used('memory')).toBe(600);
    tracker.allocate('memory', 400);
    tracker.release(id);
    expect(tracker.used('memory')).toBe(400);
    for (const amount of [0, -1, 1.5, NaN]) expect(() => tracker.allocate('memory', amount)).toThrow(RangeError);
  });

  it('gives the first back when there is none of the second', () => {
    const tracker = new ResourceTracker({ limits: { port: 5, process: 0 } });
    expect(() => tracker.allocateAll([{ type: 'port', amount: 3 }, { type: 'process' }], 'web')).toThrow(
      new ResourceAllocationFailed('process', 'web'),
    );
    expect(tracker.used('port')).toBe(0);
  });

  it('gives twenty callers at once exactly what there is', async () => {
    const tracker = new ResourceTracker({ limits: { port: 7 } });
    const answers = await Promise.allSettled(Array.from({ length: 20 }, async () => tracker.allocate('port')));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
    expect(tracker.used('port')).toBe(7);
  });

  it.each([-1, 1.5, NaN, '3' as unknown as number])('refuses %s as a limit', (limit) => {
    expect(() => new ResourceTracker({ limits: { port: limit } })).toThrow(/^The limit for port must be a whole number from 0/);
  });
});
