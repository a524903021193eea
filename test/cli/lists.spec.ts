import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';

import { defineExtension } from '@joblib/client';

import { CLI } from './cli-process.js';
import { Scene } from './scene.js';

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const Scale = defineExtension({ name: 'Scale', run: () => null });
const Bend = defineExtension({ category: 'analysis', name: 'Bend', run: () => null });

class Files {
  static readonly category = 'files';
  static readonly contentType = 'text/plain';
  read(): string {
    return 'water';
  }
}

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.tidy());
afterAll(() => scene.close());

/** Lines with ids and ages made the same, and as little space as there can be. */
function shape(text: string): string[] {
  const lines = text
    .replaceAll(ID, 'ID')
    .replaceAll(/now|\d+ (?:s|min) ago/g, 'AGE')
    .trimEnd()
    .split('\n');
  return lines.map((line) => line.replaceAll(/ +/g, ' ').trim());
}

async function batch(room: string, job: string, payloads: readonly object[]): Promise<void> {
  const response = await fetch(`${scene.url}/v1/joblib/rooms/${room}/tasks/${job}/batch`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${scene.ada}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ payloads }),
  });
  expect(response.status).toBe(202);
}

describe('lists', () => {
  it('show jobs, workers and providers of a room as tables', async () => {
    const manager = scene.manager();
    await manager.register(Scale, { room: 'tables' });
    await manager.register(Bend, { room: 'tables' });
    await manager.registerProvider(Files, { name: 'local', handler: null, room: 'tables' });
    const [jobs, workers, providers] = await Promise.all(['jobs', 'workers', 'providers'].map((list) => scene.run([list, 'tables'])));
    expect(shape(jobs?.stdout ?? '')).toEqual(['WORKERS JOB', '1 tables:analysis:Bend', '1 tables:modifiers:Scale']);
    expect(shape(workers?.stdout ?? '')).toEqual(['WORKER JOBS HEARTBEAT', 'ID 2 AGE']);
    expect(shape(providers?.stdout ?? '')).toEqual(['PROVIDER ANSWERS SINCE', 'tables:files:local text/plain AGE']);
    expect([jobs, workers, providers].map((each) => [each?.code, each?.stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
    ]);
  });

  it('are of @global unless a room is named', async () => {
    await scene.manager().register(Scale);
    expect(shape((await scene.run(['jobs'])).stdout)).toEqual(['WORKERS JOB', '1 @global:modifiers:Scale']);
    expect((await scene.run(['tasks'])).stderr).toBe('No tasks in @global.\n');
  });

  it('say what a task waits for, what it does and why it failed, in one line and without anything a terminal obeys', async () => {
    const manager = scene.manager();
    await manager.register(Scale, { room: 'states' });
    await batch('states', 'states:modifiers:Scale', [{}, {}, {}]);
    const [failing, running] = [await manager.claim(), await manager.claim()];
    await manager.start(failing ?? { id: '' });
    await manager.fail(failing ?? { id: '' }, 'no\n\u001b[31mmodel\u009b0m');
    await manager.start(running ?? { id: '' });
    await manager.progress(running ?? { id: '' }, { current: 1, total: 4, message: 'turning' });
    const { stdout } = await scene.run(['tasks', 'states']);
    expect(shape(stdout)).toEqual([
      'TASK STATUS CREATED JOB DETAIL',
      'ID pending AGE states:modifiers:Scale number 1 in line',
      'ID running AGE states:modifiers:Scale 25 % (1 of 4) turning',
      'ID failed AGE states:modifiers:Scale no [31mmodel 0m',
    ]);
    const failed = await scene.run(['tasks', 'states', '--status', 'failed', '--json']);
    expect(failed.stdout).toContain(String.raw`"error":"no\n\u001b[31mmodel\u009b0m"`);
    expect(JSON.parse(failed.stdout)).toMatchObject({ id: failing?.id, status: 'failed', error: 'no\n\u001b[31mmodel\u009b0m' });
    const none = await scene.run(['tasks', 'states', '--status', 'cancelled']);
    expect([none.stdout, none.stderr, none.code]).toEqual(['', 'No tasks in states that are cancelled.\n', 0]);
  });

  it('as JSON have one line for each item, and nothing when there is none', async () => {
    await scene.manager().register(Scale, { room: 'json' });
    const { stdout, stderr } = await scene.run(['jobs', 'json', '--json']);
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { full_name: string }).full_name);
    expect(names).toEqual(['json:modifiers:Scale']);
    expect(stderr).toBe('');
    expect(await scene.run(['tasks', 'json', '--json'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('are read to their end however long they are, or as far as is wanted', async () => {
    await scene.manager().register(Scale, { room: 'long' });
    await batch(
      'long',
      'long:modifiers:Scale',
      Array.from({ length: 700 }, (_, n) => ({ n })),
    );
    const all = (await scene.run(['tasks', 'long', '--json'])).stdout.trim().split('\n');
    expect(all.map((line) => (JSON.parse(line) as { payload: { n: number } }).payload.n)).toEqual(
      Array.from({ length: 700 }, (_, n) => 699 - n),
    );
    const some = (await scene.run(['tasks', 'long', '--limit', '501'])).stdout.trim().split('\n');
    expect(some).toHaveLength(502);
    expect(new Set(some.map((line) => line.indexOf('long:modifiers:Scale'))).size).toBe(2); // that of the titles, that of all rows
  });

  it('end quietly when the reader has seen enough', async () => {
    await scene.manager().register(Scale, { room: 'pipe' });
    await batch(
      'pipe',
      'pipe:modifiers:Scale',
      Array.from({ length: 1000 }, (_, n) => ({ text: 'x'.repeat(200), n })),
    );
    const script = `"${process.execPath}" "${CLI}" tasks pipe --json | head -n 1; echo "ended with \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await scene.spawn(['-c', script], {}, ['bash']).ended();
    expect(stdout).toMatch(/^\{.*"n":999.*\}\nended with 0\n$/);
    expect(stderr).toBe('');
  });

  it('have colours on a terminal only, and none with NO_COLOR', async () => {
    await scene.manager().register(Scale, { room: 'colours' });
    const onTerminal = (env: Record<string, string>): string =>
      execFileSync('script', ['-qec', `"${process.execPath}" "${CLI}" jobs colours`, '/dev/null'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], TERM: 'xterm', ...scene.env, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    expect(onTerminal({})).toContain('\u001b[32m1\u001b[39m');
    expect(onTerminal({ NO_COLOR: '1' })).not.toContain('\u001b');
    expect((await scene.run(['jobs', 'colours'], { env: { TERM: 'xterm' } })).stdout).not.toContain('\u001b');
  });
});
