import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';

import { identityOf, isAlive, parsePs } from './process-identity.js';

describe('the identity of a process', () => {
  it('is the same as long as it lives, and of nobody else', () => {
    const own = identityOf(process.pid);
    const parent = identityOf(process.ppid);
    expect(own).toEqual({ pid: process.pid, startedAt: expect.stringMatching(/./) });
    expect(identityOf(process.pid)).toEqual(own);
    expect(own !== null && isAlive(own)).toBe(true);
    expect(isAlive({ pid: process.pid, startedAt: `${own?.startedAt}0` })).toBe(false);
    expect(parent?.pid).toBe(process.ppid);
  });

  it('is none when it has ended', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    expect(identityOf(pid)).toBeNull();
    expect(isAlive({ pid, startedAt: '1' })).toBe(false);
  });

  it('is read from what ps writes', () => {
    const output = '    1     1 Ss   Fri Nov 20 08:00:01 2026\n  812   800 Z+   Sat Nov 21 10:27:10 2026    \nheading\n\n';
    expect(parsePs(output)).toEqual([
      { pid: 1, group: 1, isZombie: false, startedAt: 'Fri Nov 20 08:00:01 2026' },
      { pid: 812, group: 800, isZombie: true, startedAt: 'Sat Nov 21 10:27:10 2026' },
    ]);
  });

  const ps = spawnSync('ps', ['-o', 'pid=,pgid=,stat=,lstart=', '-p', String(process.pid)], { encoding: 'utf8', env: { LC_ALL: 'C' } });
  const hasPs = ps.error === undefined && ps.status === 0;
  (hasPs ? it : it.skip)(`is what the machine’s own ps writes, too${hasPs ? '' : ' (not here: no such ps)'}`, () => {
    const { stdout } = ps;
    expect(parsePs(stdout)).toMatchObject([
      { pid: process.pid, isZombie: false, startedAt: expect.stringMatching(/\d\d:\d\d:\d\d \d{4}$/) },
    ]);
  });
});
