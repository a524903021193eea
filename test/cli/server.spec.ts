import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { defineExtension } from '@joblib/client';

import { Scene } from './scene.js';

const Scale = defineExtension({ name: 'Scale', run: () => null });
const UNKNOWN_ID = '01990000-0000-7000-8000-000000000000';

let scene: Scene;
let others: Server[] = [];

beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(async () => {
  await scene.tidy();
  rmSync(join(scene.folder, '.config'), { recursive: true, force: true });
  for (const other of others.splice(0)) other.close().closeAllConnections();
});
afterAll(() => scene.close());

/** Another server, and its address. */
async function listening(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  others = [...others, server];
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address where nobody is. */
async function nobody(): Promise<string> {
  const url = await listening(() => undefined);
  const closed = others.splice(0).map((server) => once(server.close(), 'close'));
  await Promise.all(closed);
  return url;
}

function settings(text: string, mode = 0o600): string {
  mkdirSync(join(scene.folder, '.config/joblib'), { recursive: true });
  const path = scene.file('.config/joblib/env', text);
  chmodSync(path, mode);
  return path;
}

describe('where and as whom', () => {
  it('options win over the environment, wherever they stand', async () => {
    const env = { JOBLIB_URL: await nobody(), JOBLIB_TOKEN: 'wrong' };
    expect(await scene.run(['jobs', '--url', scene.url, '--token', scene.ada], { env })).toMatchObject({ code: 0 });
    expect(await scene.run(['--url', `${scene.url}/`, '--token', scene.ada, 'jobs'], { env })).toMatchObject({ code: 0 });
  });

  it('the environment wins over the file, and the file is asked last', async () => {
    settings(`JOBLIB_URL=${scene.url}\nJOBLIB_TOKEN=${scene.ada}\n`);
    expect(await scene.run(['jobs'], { env: { JOBLIB_URL: '', JOBLIB_TOKEN: '' } })).toMatchObject({
      code: 0,
      stderr: "No jobs in @global. 'joblib run-worker --help' says how to serve one.\n",
    });
    expect((await scene.run(['jobs'], { env: { JOBLIB_URL: '', JOBLIB_TOKEN: 'wrong' } })).stderr).toContain('(401 unauthorized)');
  });

  it('the file may be in another folder for settings', async () => {
    mkdirSync(join(scene.folder, 'xdg/joblib'), { recursive: true });
    scene.file('xdg/joblib/env', `export JOBLIB_TOKEN="${scene.ada}"`);
    const usual = await scene.run(['jobs'], { env: { JOBLIB_TOKEN: '', XDG_CONFIG_HOME: join(scene.folder, 'xdg') } });
    expect([usual.code, usual.stderr]).toEqual([2, expect.stringContaining(`is for http://127.0.0.1:8000, not for ${scene.url}`)]);
    scene.file('xdg/joblib/env', `JOBLIB_URL=${scene.url}\nexport JOBLIB_TOKEN="${scene.ada}"`);
    expect(
      await scene.run(['jobs'], { env: { JOBLIB_TOKEN: '', JOBLIB_URL: '', XDG_CONFIG_HOME: join(scene.folder, 'xdg') } }),
    ).toMatchObject({ code: 0 });
  });

  it('the token of the file goes to no other server than the one of the file', async () => {
    const asked: unknown[] = [];
    const stranger = await listening((request, response) => {
      asked.push(request.headers.authorization);
      response.end('{}');
    });
    const path = settings(`JOBLIB_URL=${scene.url}\nJOBLIB_TOKEN=${scene.ada}\n`);
    const { code, stderr } = await scene.run(['jobs', '--url', stranger], { env: { JOBLIB_TOKEN: '' } });
    expect(stderr).toBe(`joblib: The token in ${path} is for ${scene.url}, not for ${stranger}: give --token, or set JOBLIB_TOKEN.\n`);
    expect([code, asked]).toEqual([2, []]);
  });

  it('says that others can read the token in the file', async () => {
    const path = settings(`JOBLIB_URL=${scene.url}\nJOBLIB_TOKEN=${scene.ada}\n`, 0o644);
    const { code, stderr } = await scene.run(['jobs', '--json'], { env: { JOBLIB_TOKEN: '', JOBLIB_URL: '' } });
    expect([code, stderr]).toEqual([0, `joblib: ${path} holds a token and others can read it: chmod 600 '${path}'\n`]);
  });

  it('says that the file cannot be read', async () => {
    mkdirSync(join(scene.folder, '.config/joblib/env'), { recursive: true });
    const { code, stderr } = await scene.run(['jobs'], { env: { JOBLIB_TOKEN: '' } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^joblib: The settings file cannot be read: EISDIR.*\n$/)]);
  });
});

describe('a refusal is one line with its detail, and ends with 1', () => {
  it.each<[string, string[]]>([
    ['jobs', ['jobs', 'lab']],
    ['workers', ['workers', 'lab']],
    ['providers', ['providers', 'lab']],
    ['tasks', ['tasks', 'lab']],
    ['submit', ['submit', 'lab', 'lab:modifiers:Scale']],
    ['submit --wait', ['submit', 'lab', 'lab:modifiers:Scale', '--wait']],
    ['tail', ['tail', 'lab']],
    ['cancel', ['cancel', UNKNOWN_ID]],
    ['read', ['read', 'lab', 'lab:files:local']],
    ['run-worker', ['run-worker', 'worker.mjs']],
  ])('401: %s', async (_, args) => {
    scene.file('worker.mjs', "export const scale = { name: 'Scale', run: () => 1 };");
    const { code, stdout, stderr } = await scene.run(args, { env: { JOBLIB_TOKEN: 'forged' } });
    expect(stderr).toBe('joblib: The token is not a JWT. (401 unauthorized)\n');
    expect([code, stdout]).toEqual([1, '']);
  });

  it.each<[string, string[], RegExp]>([
    ['a task', ['cancel', UNKNOWN_ID], /^joblib: .*01990000.* \(404 task-not-found\)\n$/],
    ['a job', ['submit', 'lab', 'lab:modifiers:None'], /^joblib: .*lab:modifiers:None.* \(404 job-not-found\)\n$/],
    ['a job that is waited for', ['submit', 'lab', 'lab:modifiers:None', '-w'], /^joblib: .*lab:modifiers:None.* \(404 job-not-found\)\n$/],
    ['a provider', ['read', 'lab', 'lab:files:none'], /^joblib: .*lab:files:none.* \(404 provider-not-found\)\n$/],
  ])('404: %s', async (_, args, line) => {
    const { code, stderr } = await scene.run(args);
    expect(stderr).toMatch(line);
    expect(code).toBe(1);
  });

  it('403: a worker for every room without the rights, and the task of somebody else', async () => {
    scene.file('worker.mjs', "export const scale = { name: 'Scale', run: () => 1 };");
    const asBob = { env: { JOBLIB_TOKEN: scene.bob } };
    const worker = await scene.run(['run-worker', 'worker.mjs'], asBob);
    expect([worker.code, worker.stderr]).toEqual([1, expect.stringMatching(/^joblib: .* \(403 forbidden\)\n$/)]);
    const manager = scene.manager();
    await manager.register(Scale, { room: 'lab' });
    const task = await manager.submit(Scale, {}, { room: 'lab', jobRoom: 'lab' });
    const cancel = await scene.run(['cancel', task.id], asBob);
    expect([cancel.code, cancel.stderr]).toEqual([1, expect.stringMatching(/^joblib: .* \(403 forbidden\)\n$/)]);
    expect(await scene.run(['cancel', task.id])).toMatchObject({ code: 0, stdout: `Task ${task.id} is cancelled.\n` });
    const again = await scene.run(['cancel', task.id, '--json']);
    expect([again.code, again.stdout, again.stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^joblib: .* \(409 invalid-task-transition\)\n$/),
    ]);
  });

  it('cancels and says so as JSON', async () => {
    const manager = scene.manager();
    await manager.register(Scale, { room: 'lab' });
    const task = await manager.submit(Scale, {}, { room: 'lab', jobRoom: 'lab' });
    const { stdout } = await scene.run(['cancel', task.id, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ id: task.id, status: 'cancelled' });
  });
});

describe('a server that is away', () => {
  it.each<[string, string[]]>([
    ['jobs', ['jobs']],
    ['submit', ['submit', 'lab', 'lab:modifiers:Scale']],
    ['tail', ['tail', 'lab']],
    ['cancel', ['cancel', UNKNOWN_ID]],
    ['read', ['read', 'lab', 'lab:files:local']],
  ])('is told at once by %s', async (_, args) => {
    const url = await nobody();
    const { code, stdout, stderr } = await scene.run([...args, '--url', url]);
    expect(stderr).toBe(`joblib: No answer from ${url}: connect ECONNREFUSED ${new URL(url).host}\n`);
    expect([code, stdout]).toEqual([1, '']);
  });

  it('that breaks off during a submission may have it: the line says how to find out without a second task', async () => {
    const keys: unknown[] = [];
    const url = await listening((request) => {
      keys.push(request.headers['idempotency-key']);
      request.destroy();
    });
    const { code, stderr } = await scene.run(['submit', 'lab', 'lab:modifiers:Scale', '--url', url]);
    expect(stderr).toMatch(
      /^joblib: No answer from \S+ .*The task may be there all the same: .* --idempotency-key \S+ makes no second one\.\n$/,
    );
    expect(stderr).toContain(`--idempotency-key ${String(keys[0])} `);
    expect([code, keys.length]).toEqual([1, 1]);
  });

  it('that is no joblib server is told', async () => {
    const url = await listening((_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<html>'));
    const { code, stderr } = await scene.run(['jobs', '--url', url]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^joblib: GET \S+ was answered with 404 \(is this the address of a joblib server\?\)\n$/),
    ]);
  });
});
