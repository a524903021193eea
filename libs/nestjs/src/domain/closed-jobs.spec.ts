import { SERVICE_HEALTHS, SERVICE_STATES } from '@joblib/contract';
import { describe, expect, it } from '@jest/globals';

import { closedJobs, isOfUse } from './closed-jobs.js';
import { DEAD_AFTER_MS } from './service-life.js';
import { NOW, aService } from './service.fixture.js';
import type { Service } from './service.js';

const closed = (...services: Service[]): string[] => [...closedJobs(services, NOW)].sort();
const ROTATE = { jobs: ['rotate'] };
const DEAD = { announcedAt: NOW - DEAD_AFTER_MS - 1 };

describe('closedJobs', () => {
  it('has none while nobody names a job, whatever runs or not', () => {
    expect(closed()).toEqual([]);
    expect(closed(aService(), aService({ name: 'db', state: 'failed', health: 'unknown' }))).toEqual([]);
  });

  it('has the jobs of what does not run or is not healthy: of 18 pairs only one is of use', () => {
    const pairs = SERVICE_STATES.flatMap((state) => SERVICE_HEALTHS.map((health) => ({ state, health })));
    const open = pairs.filter((pair) => closed(aService({ ...ROTATE, ...pair })).length === 0);
    expect([pairs.length, open]).toEqual([18, [{ state: 'running', health: 'healthy' }]]);
    expect(closed(aService({ jobs: ['a', 'b'], health: 'unhealthy' }))).toEqual(['a', 'b']);
  });

  it('has the jobs of a server that has not been heard of for too long, or that has left', () => {
    expect(closed(aService({ ...ROTATE, announcedAt: NOW - DEAD_AFTER_MS }))).toEqual([]);
    expect(closed(aService({ ...ROTATE, ...DEAD }))).toEqual(['rotate']);
    expect(closed(aService({ ...ROTATE, leftAt: NOW }))).toEqual(['rotate']);
  });

  it('wants every service that names a job, and each of them on one server only', () => {
    const [well, ill] = [aService(ROTATE), aService({ ...ROTATE, serverId: 'b', state: 'failed', health: 'unknown' })];
    expect(closed(well, ill)).toEqual([]);
    expect(closed(ill, well)).toEqual([]);
    expect(closed(well, { ...ill, name: 'gpu' })).toEqual(['rotate']);
    expect(closed({ ...well, ...DEAD }, ill)).toEqual(['rotate']);
  });

  it('takes services of one name for one, also when they name other jobs', () => {
    const [old, young] = [aService({ jobs: ['a'] }), aService({ serverId: 'b', jobs: ['a', 'b'], state: 'starting', health: 'unknown' })];
    expect(closed(old, young)).toEqual([]);
    expect(closed({ ...old, health: 'unhealthy' }, young)).toEqual(['a', 'b']);
  });

  it('goes by what is of use', () => {
    expect([isOfUse(aService(), NOW), isOfUse(aService(DEAD), NOW), isOfUse(aService({ health: 'unknown' }), NOW)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
