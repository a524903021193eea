import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { MarkedProcesses } from './marked-processes.js';
import { MARK_VARIABLE } from './process-records.js';

const onLinux = process.platform === 'linux' ? it : it.skip;

describe('the processes with a mark (on Linux)', () => {
  onLinux('are those with the mark in their environment, until they have ended', async () => {
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], { env: { [MARK_VARIABLE]: 'one' } });
    await once(child.stdout, 'data');
    const marked = new MarkedProcesses('one');
    expect([marked.living(), new MarkedProcesses('other').living()]).toEqual([[child.pid], []]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(marked.living()).toEqual([]);
  });

  onLinux('are still those when their environment is gone, as it is while they end', async () => {
    const script = 'echo first; read -r line; exec env -i /bin/sh -c "echo second; read -r line"';
    const child = spawn('/bin/sh', ['-c', script], { env: { ...process.env, [MARK_VARIABLE]: 'two' } });
    await once(child.stdout, 'data');
    const marked = new MarkedProcesses('two');
    expect(marked.living()).toEqual([child.pid]);
    child.stdin.write('go on\n');
    await once(child.stdout, 'data');
    expect([new MarkedProcesses('two').living(), marked.living()]).toEqual([[], [child.pid]]);
    child.stdin.end();
    await once(child, 'exit');
    expect(marked.living()).toEqual([]);
  });
});
