import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { defineExtension } from '@joblib/client';
import type { JobManager } from '@joblib/client';
import type { TaskView } from '@joblib/contract';

import { CLI } from './cli-process.js';
import { Scene } from './scene.js';

const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

let scene: Scene;
let rooms = 0;

beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.tidy());
afterAll(() => scene.close());

/** A room with a worker whose tasks end when the test lets them, or are cancelled. */
async function workshop() {
  rooms += 1;
  const room = `room${rooms}`;
  const manager = scene.manager();
  let finish: (result: unknown) => void = () => undefined;
  const held = new Promise((resolve) => (finish = resolve));
  const Hold = defineExtension({
    name: 'Hold',
    run: ({ payload, progress, signal }) => {
      void progress({ current: 1, total: 4, message: 'holding' });
      if (typeof payload['fail'] === 'string') throw new Error(payload['fail']);
      if (payload['echo'] !== undefined) return payload['echo'];
      const lost = new Promise((resolve) => signal.addEventListener('abort', resolve));
      return Promise.race([held, lost]);
    },
  });
  await manager.register(Hold, { room });
  void manager.serve();
  return { room, manager, job: `${room}:modifiers:Hold`, finish };
}

async function onlyTaskOf(manager: JobManager, room: string): Promise<TaskView> {
  const { items } = await manager.api.listTasks(room);
  expect(items).toHaveLength(1);
  return items[0] as TaskView;
}

describe('joblib submit', () => {
  it('prints the id of the task, or all of it as JSON', async () => {
    const { room, job, manager } = await workshop();
    const plain = await scene.run(['submit', room, job, '--payload', '{"echo": 1}']);
    expect(plain).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`^${ID}\n$`)), stderr: '' });
    expect((await manager.waitFor(plain.stdout.trim())).result).toBe(1);
    const json = await scene.run(['submit', room, job, '--payload', '{"echo": 2}', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ job_name: job, room_id: room, payload: { echo: 2 } });
  });

  it('takes the payload from the command, a file or a pipe; without one it is empty', async () => {
    const { room, job, manager } = await workshop();
    scene.file('payload.json', '\ufeff{"echo": "from a file"}');
    await scene.run(['submit', room, job, '-p', '{"echo": "from the command"}']);
    await scene.run(['submit', room, job, '-p', '@payload.json']);
    await scene.run(['submit', room, job, '-p', '-'], { input: '{"echo": "from a pipe"}' });
    await scene.run(['submit', room, job]);
    const { items } = await manager.api.listTasks(room);
    expect(items.map(({ payload }) => payload['echo'])).toEqual([undefined, 'from a pipe', 'from a file', 'from the command']);
  });

  it('makes one task of one idempotency key', async () => {
    const { room, job } = await workshop();
    const args = ['submit', room, job, '-p', '{"echo": 1}', '--idempotency-key', `key of ${room}`];
    const [first, second] = [await scene.run(args), await scene.run(args)];
    expect(second.stdout).toBe(first.stdout);
    const other = await scene.run([...args.slice(0, 4), '{"echo": 2}', ...args.slice(5)]);
    expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/^joblib: .* \(422 idempotency-mismatch\)\n$/)]);
  });
});

describe('joblib submit --wait', () => {
  it('ends with 0 and prints the result of a completed task', async () => {
    const { room, job } = await workshop();
    const { code, stdout, stderr } = await scene.run(['submit', room, job, '-p', '{"echo": {"atoms": 24}}', '--wait']);
    expect(stdout).toBe('{\n  "atoms": 24\n}\n');
    expect(stderr).toMatch(new RegExp(`^Task ${ID}\npending\n(?:claimed\n)?(?:running\n)?completed\n$`));
    expect(code).toBe(0);
  });

  it('prints the whole task as one line of JSON, whatever became of it', async () => {
    const { room, job } = await workshop();
    const done = await scene.run(['submit', room, job, '-p', '{"echo": "a\\nb"}', '--wait', '--json']);
    expect(done.stdout.trim()).not.toContain('\n');
    expect(JSON.parse(done.stdout)).toMatchObject({ status: 'completed', result: 'a\nb' });
    const failed = await scene.run(['submit', room, job, '-p', '{"fail": "no model"}', '--wait', '--json']);
    expect([failed.code, JSON.parse(failed.stdout)]).toEqual([1, expect.objectContaining({ status: 'failed', error: 'no model' })]);
  });

  it('ends with 1 and tells the error of a failed task in one line', async () => {
    const { room, job } = await workshop();
    const { code, stdout, stderr } = await scene.run(['submit', room, job, '-p', '{"fail": "no\\nmodel"}', '-w']);
    expect(stderr).toMatch(new RegExp(`\njoblib: Task ${ID} failed: no model\n$`));
    expect([code, stdout]).toEqual([1, '']);
  });

  it('ends with 1 when somebody cancels the task', async () => {
    const { room, job, manager } = await workshop();
    const waiting = scene.spawn(['submit', room, job, '--wait']);
    await waiting.printed(/^running$/m);
    await manager.cancel(await onlyTaskOf(manager, room));
    const { code, stdout, stderr } = await waiting.ended();
    expect(stderr).toMatch(new RegExp(`\njoblib: Task ${ID} was cancelled\n$`));
    expect([code, stdout]).toEqual([1, '']);
  });

  it('ends with 1 when the worker is killed meanwhile', async () => {
    rooms += 1;
    const room = `room${rooms}`;
    scene.file('hang.mjs', "export const hang = { name: 'Hang', run: () => new Promise(() => undefined) };");
    const worker = scene.spawn(['run-worker', 'hang.mjs', '--room', room]);
    await worker.printed(/is ready/);
    const waiting = scene.spawn(['submit', room, `${room}:modifiers:Hang`, '--wait']);
    await waiting.printed(/^running$/m);
    await worker.ended('SIGKILL');
    const { code, stderr } = await waiting.ended();
    expect([code, stderr]).toEqual([1, expect.stringMatching(new RegExp(`\njoblib: Task ${ID} failed: Worker disconnected\n$`))]);
  });

  it('says that nobody serves the job, and waits for somebody', async () => {
    const Late = defineExtension({ name: 'Late', run: () => 'late' });
    rooms += 1;
    const room = `room${rooms}`;
    const early = scene.manager();
    await early.register(Late, { room });
    await early.submit(Late, {}, { room, jobRoom: room }); // what is pending keeps a job
    await early.disconnect();
    const waiting = scene.spawn(['submit', room, `${room}:modifiers:Late`, '--wait']);
    await waiting.printed(/^Nobody serves \S+:modifiers:Late at the moment; the task waits\.$/m);
    const late = scene.manager();
    await late.register(Late, { room });
    void late.serve();
    expect(await waiting.ended()).toMatchObject({ code: 0, stdout: '"late"\n' });
  });

  it('shows a bar on a terminal, and leaves only the result', async () => {
    const { room, job, finish } = await workshop();
    finish('done');
    const line = `"${process.execPath}" "${CLI}" submit ${room} ${job} --wait`;
    const { stdout: output } = await scene.spawn(['-qec', line, '/dev/null'], { env: { TERM: 'xterm' } }, ['script']).ended();
    expect(output).toContain('\u001b[2m░░░░░░░░░░░░░░░░░░░░\u001b[22m pending');
    expect(output).toMatch(new RegExp(String.raw`\r\u001b\[K"done"\r\n$`));
  });
});

describe('Ctrl+C at joblib submit --wait', () => {
  it('ends the waiting and not the task, and says how to end that', async () => {
    const { room, job, manager, finish } = await workshop();
    const waiting = scene.spawn(['submit', room, job, '--wait']);
    await waiting.printed(/^running$/m);
    const { code, signal, stdout, stderr } = await waiting.ended('SIGINT');
    const { id, status } = await onlyTaskOf(manager, room);
    expect(stderr).toMatch(new RegExp(`\nTask ${id} goes on: 'joblib cancel ${id}' ends it\\.\n$`));
    expect([code, signal, stdout, status]).toEqual([null, 'SIGINT', '', 'running']);
    finish('after all');
    expect(await manager.waitFor(id)).toMatchObject({ status: 'completed', result: 'after all' });
  });

  it('does the same at SIGTERM', async () => {
    const { room, job, manager } = await workshop();
    const waiting = scene.spawn(['submit', room, job, '--wait']);
    await waiting.printed(/^running$/m);
    expect(await waiting.ended('SIGTERM')).toMatchObject({ signal: 'SIGTERM', stderr: expect.stringContaining('goes on') });
    expect(await onlyTaskOf(manager, room)).toMatchObject({ status: 'running' });
  });

  it('cancels the task with --cancel-on-interrupt', async () => {
    const { room, job, manager } = await workshop();
    const waiting = scene.spawn(['submit', room, job, '--wait', '--cancel-on-interrupt']);
    await waiting.printed(/^running$/m);
    const { code, signal, stderr } = await waiting.ended('SIGINT');
    const { id, status } = await onlyTaskOf(manager, room);
    expect(stderr).toContain(`\nCancelling task ${id}; again leaves it alone.\n`);
    expect(stderr).toMatch(new RegExp(`\njoblib: Task ${id} was cancelled\n$`));
    expect([code, signal, status]).toEqual([1, null, 'cancelled']);
  });

  it('leaves at the second time, whatever the first one came to', async () => {
    const { room, job } = await workshop();
    const waiting = scene.spawn(['submit', room, job, '--wait', '--cancel-on-interrupt']);
    await waiting.printed(/^running$/m);
    scene.pause();
    try {
      waiting.child.kill('SIGINT');
      await waiting.printed(/again leaves it alone/);
      const { signal, stderr } = await waiting.ended('SIGINT');
      expect([signal, stderr]).toEqual(['SIGINT', expect.stringMatching(/\nTask \S+ goes on: 'joblib cancel \S+' ends it\.\n$/)]);
    } finally {
      scene.resume();
    }
  });

  it('before the server has answered says how to find out whether there is a task', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const waiting = scene.spawn(['submit', 'lab', 'lab:modifiers:Hold', '--wait', '--idempotency-key', 'k1', '--url', url]);
    await once(silent, 'request');
    const { signal, stderr } = await waiting.ended('SIGINT');
    silent.close().closeAllConnections();
    expect([signal, stderr]).toEqual([
      'SIGINT',
      'The task may be there all the same: the same command with --idempotency-key k1 makes no second one.\n',
    ]);
  });
});

describe('an outage during joblib submit --wait', () => {
  it('is ridden out', async () => {
    const { room, job, manager } = await workshop();
    const waiting = scene.spawn(['submit', room, job, '--wait']);
    await waiting.printed(/^running$/m);
    const { id } = await onlyTaskOf(manager, room);
    await scene.kill();
    await waiting.printed(/^Reading task \S+ failed, next try in/m);
    await scene.startAgain();
    await manager.api.report(id, { status: 'cancelled' });
    const { code, stderr } = await waiting.ended();
    expect([code, stderr]).toEqual([1, expect.stringMatching(new RegExp(`\njoblib: Task ${id} was cancelled\n$`))]);
  });
});
