import { describe, expect, it } from '@jest/globals';

import { Standings } from './standings.js';

describe('Standings', () => {
  it('names a worker when its last socket drops, with the time of its latest join', () => {
    const standings = new Standings();
    standings.add('s1', 'w', 'jobs:a', 1);
    standings.add('s2', 'w', 'jobs:a', 5);
    standings.add('s1', 'w', 'jobs:b', 3);
    expect(standings.drop('s1')).toEqual([]);
    expect(standings.has('w')).toBe(true);
    expect(standings.drop('s2')).toEqual([{ workerId: 'w', joinedAt: 5 }]);
    expect(standings.has('w')).toBe(false);
  });

  it('names every worker that a socket stood for', () => {
    const standings = new Standings();
    standings.add('s', 'w1', 'jobs:a', 1);
    standings.add('s', 'w2', 'jobs:a', 2);
    expect(standings.drop('s').map(({ workerId }) => workerId)).toEqual(['w1', 'w2']);
  });

  it('names a worker once, however often its socket drops', () => {
    const standings = new Standings();
    standings.add('s', 'w', 'jobs:a', 1);
    expect(standings.drop('s')).toHaveLength(1);
    expect(standings.drop('s')).toEqual([]);
  });

  it('forgets the worker of a socket that left all of its rooms', () => {
    const standings = new Standings();
    standings.add('s', 'w', 'jobs:a', 1);
    standings.add('s', 'w', 'jobs:b', 1);
    expect(standings.remove('s', 'w', 'jobs:a')).toEqual(['jobs:a']);
    expect(standings.has('w')).toBe(true);
    expect(standings.remove('s', 'w', 'jobs:b')).toEqual(['jobs:b', 'worker:w']);
    expect(standings.drop('s')).toEqual([]);
  });

  it('keeps a socket in a room that another of its workers is in', () => {
    const standings = new Standings();
    standings.add('s', 'w1', 'jobs:a', 1);
    standings.add('s', 'w2', 'jobs:a', 1);
    expect(standings.remove('s', 'w1', 'jobs:a')).toEqual(['worker:w1']);
    expect(standings.remove('s', 'w2', 'jobs:a')).toEqual(['jobs:a', 'worker:w2']);
  });

  it('has nothing to leave where nobody joined', () => {
    const standings = new Standings();
    standings.add('s', 'w', 'jobs:a', 1);
    expect(standings.remove('s', 'w', 'jobs:b')).toEqual([]);
    expect(standings.remove('s', 'other', 'jobs:a')).toEqual([]);
    expect(standings.remove('other', 'w', 'jobs:a')).toEqual([]);
    expect(standings.has('w')).toBe(true);
  });
});
