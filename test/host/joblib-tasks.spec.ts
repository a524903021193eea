import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ProblemError } from '@joblib/contract';
import { ExactJson, JoblibStats, JoblibTasks, ROOM_READ_GUARD } from '@joblib/nestjs';
import type { Caller, RoomReadGuard, TaskReport, TaskSnapshot } from '@joblib/nestjs';

import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp, JoblibAppOptions } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';

const JOB = 'lab:modifiers:Rotate';
const NOBODYS_ID = '00000000-0000-7000-8000-000000000000';
const alice: Caller = { id: 'alice', isSuperuser: false };
const bob: Caller = { id: 'bob', isSuperuser: false };
const root: Caller = { id: 'root', isSuperuser: true };

let server: JoblibApp;
let tasks: JoblibTasks;
/** Bob's, serving `JOB`. */
let workerId: string;

async function start(options: JoblibAppOptions = {}): Promise<void> {
  server = await startJoblib(options);
  tasks = server.app.get(JoblibTasks);
  workerId = (await new JoblibUser(server.origin, 'bob').register(JOB)).body.worker_id;
}

afterEach(() => server.close());

const submit = (payload: Record<string, unknown> = {}): Promise<TaskSnapshot> =>
  tasks.submit(alice, { roomId: 'lab', jobName: JOB, payload });

async function running(): Promise<TaskSnapshot> {
  await submit();
  const [task] = await tasks.claim(bob, { workerId });
  return tasks.report(bob, { taskId: task?.id ?? '', status: 'running' });
}

/** What is answered over HTTP for the same task. */
const overHttp = async (taskId: string): Promise<unknown> => (await new JoblibUser(server.origin, 'alice').task(taskId)).body;

describe('claiming', () => {
  beforeEach(() => start());

  it('takes the oldest first, up to what was asked for, as a heartbeat of the worker', async () => {
    const submitted = await tasks.submitBatch(alice, { roomId: 'lab', jobName: JOB, payloads: [{ n: 1 }, { n: 2 }, { n: 3 }] });
    server.clock.advance(30);
    const claimed = await tasks.claim(bob, { workerId, maxTasks: 2 });
    expect(claimed.map(({ id }) => id)).toEqual(submitted.slice(0, 2).map(({ id }) => id));
    expect(claimed[0]).toMatchObject({ status: 'claimed', workerId, attempt: 1, queuePosition: null, payload: { n: 1 } });
    const workers = await new JoblibUser(server.origin, 'bob').call<{ items: { last_heartbeat: string }[] }>('GET', '/workers');
    expect(workers.body.items[0]?.last_heartbeat).toBe(new Date(server.clock.now()).toISOString());
    expect(await tasks.claim(bob)).toHaveLength(1);
    expect(await tasks.claim(bob, { workerId: 'bob' })).toEqual([]);
  });

  it('refuses what HTTP refuses', async () => {
    const refusals: [Caller, object, string][] = [
      [bob, { workerId: NOBODYS_ID }, 'WorkerNotFound'],
      [bob, { workerId: 'nonsense' }, 'WorkerNotFound'],
      [alice, { workerId }, 'Forbidden'],
      [root, { workerId }, 'Forbidden'],
      ...[0, 101, 1.5, NaN].map((maxTasks): [Caller, object, string] => [bob, { maxTasks }, 'ValidationError']),
    ];
    for (const [caller, claim, problem] of refusals) {
      await expect(tasks.claim(caller, claim)).rejects.toMatchObject({ problem });
    }
  });

  it('gives each task to one of many that ask at once', async () => {
    const submitted = await tasks.submitBatch(alice, { roomId: 'lab', jobName: JOB, payloads: Array.from({ length: 15 }, () => ({})) });
    const claims = await Promise.all(Array.from({ length: 20 }, () => tasks.claim(bob, { workerId })));
    expect(claims.flat().map(({ id }) => id)).toEqual(submitted.map(({ id }) => id));
    expect(claims.filter(({ length }) => length === 0)).toHaveLength(5);
  });

  it('serves several workers in one flush, each on its own', async () => {
    const user = new JoblibUser(server.origin, 'bob');
    const other = (await user.register('lab:modifiers:Shear')).body.worker_id;
    await tasks.submitBatch(alice, { roomId: 'lab', jobName: JOB, payloads: [{}, {}, {}] });
    await tasks.submit(alice, { roomId: 'lab', jobName: 'lab:modifiers:Shear' });
    const before = server.app.get(JoblibStats).snapshot().flushesTotal;
    const outcomes = await tasks.claimMany(bob, [
      { workerId: other, maxTasks: 2 },
      { workerId: NOBODYS_ID },
      { workerId: 'nonsense' },
      { workerId, maxTasks: 2 },
      { workerId, maxTasks: 100 },
    ]);
    expect(outcomes.map((outcome) => [outcome.tasks.map((task) => task.jobName), outcome.problem?.problem])).toEqual([
      [['lab:modifiers:Shear'], undefined],
      [[], 'WorkerNotFound'],
      [[], 'WorkerNotFound'],
      [[JOB, JOB], undefined],
      [[JOB], undefined],
    ]);
    expect(server.app.get(JoblibStats).snapshot().flushesTotal).toBe(before + 1);
    expect(await tasks.claimMany(bob, [])).toEqual([]);
  });

  it('claims nothing for anybody when one of several claims is malformed', async () => {
    await submit();
    await expect(tasks.claimMany(bob, [{ workerId }, { workerId, maxTasks: 101 }])).rejects.toMatchObject({
      problem: 'ValidationError',
      errors: [{ pointer: '/1/maxTasks' }],
    });
    expect(await tasks.claim(bob, { workerId })).toHaveLength(1);
  });
});

describe('reporting', () => {
  beforeEach(() => start());

  it('goes from start to end, as HTTP shows it', async () => {
    const { id } = await running();
    server.clock.advance(1);
    const halfWay = await tasks.report(bob, { taskId: id, status: 'running', progress: { current: 1, total: 2, message: 'half' } });
    expect(halfWay.progress).toEqual({ current: 1, total: 2, message: 'half' });
    server.clock.advance(1);
    const result = new ExactJson('{"energy":-1.00000000000000000001}');
    const done = await tasks.report(bob, { taskId: id.toUpperCase(), status: 'completed', result });
    expect(done).toMatchObject({ status: 'completed', result: { energy: -1 }, completedAt: new Date(server.clock.now()) });
    expect(done.json.result).toBe(result.text);
    expect(await overHttp(id)).toMatchObject({
      status: 'completed',
      result: { energy: -1 },
      completed_at: done.completedAt?.toISOString(),
    });
    expect(await tasks.get(alice, id)).toEqual(done);
  });

  it.each<[string, unknown]>([
    ['false', false],
    ['0', 0],
    ['text', ''],
    ['a list', [1, { a: null }]],
  ])('stores %s as a result', async (_case, result) => {
    const { id } = await running();
    await tasks.report(bob, { taskId: id, status: 'completed', result });
    expect((await tasks.get(alice, id)).result).toEqual(result);
  });

  it('fails with an error, and leaves what is not said', async () => {
    const { id } = await running();
    await tasks.report(bob, { taskId: id, status: 'running', progress: 0.5, result: null, error: null });
    expect(await tasks.report(bob, { taskId: id, status: 'failed', error: 'it broke \ud800' })).toMatchObject({
      error: 'it broke \ud800',
      progress: 0.5,
      result: null,
    });
  });

  it.each<[string, Caller, Partial<TaskReport>, string]>([
    ['an unknown task', bob, { taskId: NOBODYS_ID }, 'TaskNotFound'],
    ['an id that is none', bob, { taskId: 'nonsense' }, 'TaskNotFound'],
    ["another user's task", alice, {}, 'Forbidden'],
    ['a transition that is none', bob, { status: 'running' }, 'InvalidTaskTransition'],
    ['a claim, superusers included', root, { status: 'claimed' as 'running' }, 'InvalidTaskTransition'],
  ])('refuses %s as HTTP does, alone among many', async (_case, caller, wrong, problem) => {
    const { id } = await running();
    const report: TaskReport = { taskId: id, status: 'completed', ...wrong };
    await expect(tasks.report(caller, report)).rejects.toMatchObject({ problem });
    const outcomes = await tasks.reportMany(caller, [report, report]);
    expect(outcomes.map((outcome) => [outcome.task, outcome.problem?.problem])).toEqual([
      [null, problem],
      [null, problem],
    ]);
    expect((await tasks.get(alice, id)).status).toBe('running');
  });

  it.each<[string, object, string]>([
    ['a status that is none', { status: 'done' }, '/status'],
    ['an error that is no text', { error: 1 }, '/error'],
    ['progress beyond the end', { progress: 2 }, '/progress'],
    ['a result that JSON cannot say', { result: 1n }, '/result'],
  ])('refuses %s, and everything that came with it', async (_case, wrong, pointer) => {
    const { id } = await running();
    const report = { taskId: id, status: 'completed', ...wrong } as TaskReport;
    await expect(tasks.report(bob, report)).rejects.toMatchObject({ problem: 'ValidationError', errors: [{ pointer }] });
    await expect(tasks.reportMany(bob, [{ taskId: id, status: 'completed' }, report])).rejects.toMatchObject({
      errors: [{ pointer: `/1${pointer}` }],
    });
    expect((await tasks.get(alice, id)).status).toBe('running');
  });

  it('takes a hundred at once in one flush, in order', async () => {
    await tasks.submitBatch(alice, { roomId: 'lab', jobName: JOB, payloads: Array.from({ length: 100 }, (_, n) => ({ n })) });
    const claimed = await tasks.claim(bob, { workerId, maxTasks: 100 });
    const before = server.app.get(JoblibStats).snapshot().flushesTotal;
    await tasks.reportMany(
      bob,
      claimed.map(({ id }) => ({ taskId: id, status: 'running' })),
    );
    const outcomes = await tasks.reportMany(
      bob,
      claimed.map(({ id, payload }) => ({ taskId: id, status: 'completed', result: payload['n'] })),
    );
    expect(server.app.get(JoblibStats).snapshot().flushesTotal).toBe(before + 2);
    expect(outcomes.map(({ task }) => task?.result)).toEqual(claimed.map((_, n) => n));
    expect(await tasks.reportMany(bob, [])).toEqual([]);
  });

  it('starts and ends a task in one call', async () => {
    await submit();
    const [task] = await tasks.claim(bob, { workerId });
    const taskId = task?.id ?? '';
    const outcomes = await tasks.reportMany(bob, [
      { taskId, status: 'running' },
      { taskId, status: 'completed', result: 1 },
      { taskId, status: 'failed' },
    ]);
    expect(outcomes.map((outcome) => outcome.task?.status ?? outcome.problem?.problem)).toEqual([
      'running',
      'completed',
      'InvalidTaskTransition',
    ]);
  });

  it('lets one of two that end it at once win, and tells both', async () => {
    const { id } = await running();
    const ends = await Promise.allSettled([
      tasks.report(bob, { taskId: id, status: 'completed', result: 1 }),
      new JoblibUser(server.origin, 'bob').report(id, 'failed'),
      tasks.cancel(alice, id, 'enough'),
    ]);
    const { status } = await tasks.get(alice, id);
    const won = ends.map((end) => end.status === 'fulfilled' && (!('body' in end.value) || end.value.status === 200));
    expect(won.filter((hasWon) => hasWon)).toHaveLength(1);
    expect(status).toBe(['completed', 'failed', 'cancelled'][won.indexOf(true)]);
  });
});

describe('cancelling', () => {
  beforeEach(() => start());

  it('ends a pending task with a reason, for the submitter', async () => {
    const { id } = await submit();
    expect(await tasks.cancel(alice, id, 'changed my mind')).toMatchObject({ status: 'cancelled', error: 'changed my mind' });
    await expect(tasks.cancel(alice, id)).rejects.toMatchObject({ problem: 'InvalidTaskTransition' });
  });

  it('tells the worker of a running task, whose own report is then refused', async () => {
    const { id } = await running();
    server.events.clear();
    expect((await tasks.cancel(root, id)).error).toBeNull();
    expect(server.events.payloadsOf('task_cancelled')).toEqual([{ job_name: JOB, room_id: 'lab', task_id: id }]);
    await expect(tasks.report(bob, { taskId: id, status: 'completed' })).rejects.toMatchObject({ problem: 'InvalidTaskTransition' });
  });

  it('is for the submitter, the claimer and superusers', async () => {
    const { id } = await running();
    await expect(tasks.cancel({ id: 'eve', isSuperuser: false }, id)).rejects.toMatchObject({ problem: 'Forbidden' });
    expect((await tasks.cancel(bob, id)).status).toBe('cancelled');
  });

  it.each([NOBODYS_ID, 'nonsense'])('does not find task %s', async (id) => {
    await expect(tasks.cancel(root, id)).rejects.toMatchObject({ problem: 'TaskNotFound' });
    await expect(tasks.get(root, id)).rejects.toMatchObject({ problem: 'TaskNotFound' });
    await expect(tasks.waitFor(root, id)).rejects.toMatchObject({ problem: 'TaskNotFound' });
  });
});

it('asks the read guard before it shows a task', async () => {
  const assertReadable = jest.fn<RoomReadGuard['assertReadable']>((_room, { id }) =>
    id === 'eve' ? Promise.reject(new ProblemError('Forbidden', 'Not for you.')) : Promise.resolve(),
  );
  await start({ overrides: [{ provide: ROOM_READ_GUARD, useValue: { assertReadable } }] });
  const { id } = await submit();
  const eve: Caller = { id: 'eve', isSuperuser: false };
  await expect(tasks.get(eve, id)).rejects.toMatchObject({ problem: 'Forbidden' });
  await expect(tasks.waitFor(eve, id)).rejects.toMatchObject({ problem: 'Forbidden' });
  expect((await tasks.get(alice, id)).queuePosition).toBe(1);
  expect(assertReadable.mock.calls.map(([room, caller]) => [room, caller.id])).toEqual([
    ['lab', 'eve'],
    ['lab', 'eve'],
    ['lab', 'alice'],
  ]);
});
