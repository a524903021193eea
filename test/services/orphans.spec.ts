import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { ProcessService, endOrphans } from '@joblib/plugins/services';
import { RecordingLogger } from '@joblib/plugins/testing';

import { until } from '../support/until.js';
import { isRunning } from './process-scene.js';
import { ESCAPING_PROGRAM, IDLE_PROGRAM, STUBBORN_PROGRAM, pidIn } from './programs.js';

const PROGRAM = join(import.meta.dirname, 'supervising-program.mjs');
const isLinux = process.platform === 'linux';

interface Recorded {
  serviceName: string;
  mark: string;
  bootId: string;
  host: string;
  owner: { pid: number; startedAt: string };
  process: { pid: number; startedAt: string } | null;
}

describe('what a killed supervisor left behind', () => {
  let folder: string;
  let records: string;
  const started: ChildProcess[] = [];
  const strays: number[] = [];
  const logger = new RecordingLogger();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'joblib-orphans-'));
    records = join(folder, 'records');
    logger.lines.length = 0;
  });

  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    for (const pid of strays.splice(0)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** A process that supervises the program, and what that wrote. */
  async function supervising(command: readonly string[], lineCount: number): Promise<{ supervisor: ChildProcess; lines: string[] }> {
    const supervisor = spawn(process.execPath, [PROGRAM, records, JSON.stringify(command)], { stdio: ['pipe', 'pipe', 'inherit'] });
    started.push(supervisor);
    const lines: string[] = [];
    let isUp = false;
    for await (const line of createInterface({ input: supervisor.stdout as NodeJS.ReadableStream })) {
      if (line.startsWith('output ')) lines.push(line.slice('output '.length));
      isUp ||= line === 'supervising';
      if (isUp && lines.length >= lineCount) break;
    }
    for (const line of lines) strays.push(Number(line.split(' ')[1]));
    return { supervisor, lines };
  }

  async function killed(supervisor: ChildProcess): Promise<void> {
    const exit = once(supervisor, 'exit');
    supervisor.kill('SIGKILL');
    await exit;
  }

  function onlyRecord(): { file: string; record: Recorded } {
    const [name, ...more] = readdirSync(records);
    expect(more).toEqual([]);
    const file = join(records, name ?? '');
    return { file, record: JSON.parse(readFileSync(file, 'utf8')) as Recorded };
  }

  it('is found and ended by the next start', async () => {
    const { supervisor, lines } = await supervising(IDLE_PROGRAM, 1);
    const orphan = pidIn(lines, 'here');
    await killed(supervisor);
    expect(isRunning(orphan)).toBe(true);
    const service = new ProcessService({ name: 'program', command: IDLE_PROGRAM }, { recordsFolder: records, logger });
    const handle = await service.start(new AbortController().signal);
    expect(isRunning(orphan)).toBe(false);
    expect(logger.lines).toContain(`warn: Service program: process ${orphan} was left behind, and is ended.`);
    expect(onlyRecord().record.process?.pid).toBe(Number(handle.metadata['pid']));
    await service.cleanup();
    expect(readdirSync(records)).toEqual([]);
  });

  it('is ended with its whole group, whatever it ignores', async () => {
    const { supervisor, lines } = await supervising(STUBBORN_PROGRAM, 2);
    await killed(supervisor);
    const pids = [pidIn(lines, 'parent'), pidIn(lines, 'child')];
    expect(pids.map(isRunning)).toEqual([true, true]);
    await endOrphans(records, logger);
    expect(pids.map(isRunning)).toEqual([false, false]);
    expect(readdirSync(records)).toEqual([]);
  });

  (isLinux ? it : it.skip)('is ended although only what it started is left, in a group of its own (on Linux)', async () => {
    const { supervisor, lines } = await supervising(ESCAPING_PROGRAM, 1);
    const child = pidIn(lines, 'child');
    const { record } = onlyRecord();
    await killed(supervisor);
    process.kill(record.process?.pid ?? 0, 'SIGKILL');
    await until('the end of the first', () => !isRunning(record.process?.pid ?? 0));
    expect(isRunning(child)).toBe(true);
    await endOrphans(records, logger);
    expect(isRunning(child)).toBe(false);
  });

  (isLinux ? it : it.skip)('is ended although the kill came before its number was kept (on Linux)', async () => {
    const { supervisor, lines } = await supervising(IDLE_PROGRAM, 1);
    await killed(supervisor);
    const { file, record } = onlyRecord();
    writeFileSync(file, JSON.stringify({ ...record, process: null }));
    await endOrphans(records, logger);
    expect([isRunning(pidIn(lines, 'here')), existsSync(file)]).toEqual([false, false]);
  });

  it('is not touched as long as its supervisor lives', async () => {
    const { lines } = await supervising(IDLE_PROGRAM, 1);
    await endOrphans(records, logger);
    expect([isRunning(pidIn(lines, 'here')), readdirSync(records).length, logger.lines]).toEqual([true, 1, []]);
  });

  it('is nothing when the supervisor left in the usual way, even without stopping anything', async () => {
    const { supervisor, lines } = await supervising(STUBBORN_PROGRAM, 2);
    const exit = once(supervisor, 'exit');
    supervisor.stdin?.end('go\n');
    expect(await exit).toEqual([0, null]);
    await until('the end of both', () => !isRunning(pidIn(lines, 'parent')) && !isRunning(pidIn(lines, 'child')));
    expect(lines).toHaveLength(2);
  });

  describe('is never a stranger', () => {
    async function strangerWith(change: (record: Recorded) => object): Promise<{ stranger: ChildProcess; file: string }> {
      const { supervisor } = await supervising(IDLE_PROGRAM, 1);
      await killed(supervisor);
      const { file, record } = onlyRecord();
      await endOrphans(records, new RecordingLogger());
      const stranger = spawn(process.execPath, ['-e', `setInterval(() => undefined, 1000); console.log('up')`], { detached: true });
      started.push(stranger);
      await once(stranger.stdout, 'data');
      mkdirSync(records, { recursive: true });
      const own = { ...record, process: { pid: stranger.pid ?? 0, startedAt: startOf(stranger.pid ?? 0) } };
      writeFileSync(file, JSON.stringify({ ...own, ...change(own) }));
      await endOrphans(records, logger);
      return { stranger, file };
    }

    it('who has got the number meanwhile', async () => {
      const { stranger, file } = await strangerWith(({ process: kept }) => ({ process: { ...kept, startedAt: '1' } }));
      expect([isRunning(stranger.pid ?? 0), existsSync(file), logger.lines]).toEqual([true, false, []]);
    });

    (isLinux ? it : it.skip)('who has number and time by chance after the machine was booted (on Linux)', async () => {
      const { stranger, file } = await strangerWith(() => ({ bootId: 'another' }));
      expect([isRunning(stranger.pid ?? 0), existsSync(file)]).toEqual([true, false]);
    });

    it('on another machine that keeps its records in the same folder', async () => {
      const { stranger, file } = await strangerWith(() => ({ host: 'elsewhere' }));
      expect([isRunning(stranger.pid ?? 0), existsSync(file)]).toEqual([true, true]);
    });

    it.each([
      ['no JSON', '{'],
      ['no record', '[]'],
      ['the group of everybody', JSON.stringify({ process: { pid: 1, startedAt: 'x' } })],
    ])('in a file that is no record: %s', async (_what, text) => {
      mkdirSync(records, { recursive: true });
      writeFileSync(join(records, 'x.json'), text);
      await endOrphans(records, logger);
      expect([readdirSync(records), logger.lines]).toEqual([['x.json'], []]);
    });
  });

  it('is nothing where there is no folder yet', async () => {
    await endOrphans(join(folder, 'none'), logger);
    expect(logger.lines).toEqual([]);
  });
});

/** When a process began, as records say it. */
function startOf(pid: number): string {
  if (!isLinux) return 'unknown';
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
