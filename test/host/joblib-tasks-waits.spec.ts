import { getEventListeners } from 'node:events';

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { JoblibTasks, LocalWakeUps, ROOM_GUARD, WAKE_UPS } from '@joblib/nestjs';
import type { Caller, TaskSnapshot, WakeUps } from '@joblib/nestjs';

import { settledTopic } from '../../libs/nestjs/src/domain/topics.js';
import { TaskStore } from '../../libs/nestjs/src/persistence/index.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp, JoblibAppOptions } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { lastingDatabase } from '../support/test-database.js';
import { claimsHeld, pollsHeld, until } from '../support/until.js';

const JOB = 'lab:modifiers:Rotate';
const alice: Caller = { id: 'alice', isSuperuser: false };
const bob: Caller = { id: 'bob', isSuperuser: false };

/** Knows what is still waited for. */
class CountingWakeUps extends LocalWakeUps {
  count = 0;

  override subscribe(...subscription: Parameters<WakeUps['subscribe']>): () => void {
    this.count += 1;
    const unsubscribe = super.subscribe(...subscription);
    return () => {
      this.count -= 1;
      unsubscribe();
    };
  }
}

let server: JoblibApp;
let tasks: JoblibTasks;
let wakeUps: CountingWakeUps;
/** What the server itself waits for as long as it runs. */
let ownWaits: number;
let worker: JoblibUser;
let workerId: string;

async function start({ overrides = [], ...options }: JoblibAppOptions = {}): Promise<void> {
  wakeUps = new CountingWakeUps();
  server = await startJoblib({ ...options, overrides: [{ provide: WAKE_UPS, useValue: wakeUps }, ...overrides] });
  ownWaits = wakeUps.count;
  tasks = server.app.get(JoblibTasks);
  worker = new JoblibUser(server.origin, 'bob');
  workerId = (await worker.register(JOB)).body.worker_id;
}

afterEach(() => server.close());

const submit = (): Promise<TaskSnapshot> => tasks.submit(alice, { roomId: 'lab', jobName: JOB });

async function running(): Promise<TaskSnapshot> {
  await submit();
  const [task] = await tasks.claim(bob, { workerId });
  return tasks.report(bob, { taskId: task?.id ?? '', status: 'running' });
}

/** Nobody waits for anything, and the signal has nobody to tell. */
async function expectNothingLeft({ signal }: AbortController): Promise<void> {
  await pollsHeld(server, 0);
  await claimsHeld(server, 0);
  expect([wakeUps.count, getEventListeners(signal, 'abort').length]).toEqual([ownWaits, 0]);
}

describe('waiting for a task', () => {
  it('ends with the commit of a report over HTTP, for all who wait', async () => {
    await start();
    const { id } = await running();
    const looksForLost = jest.spyOn(server.app.get(TaskStore), 'findSettled');
    const controller = new AbortController();
    const waits = [tasks.waitFor(alice, id), tasks.waitFor(bob, id, { timeoutSeconds: 60, signal: controller.signal })];
    await pollsHeld(server, 2);
    looksForLost.mockClear();
    await worker.report(id, 'completed', { result: { energy: -1 } });
    const [first, second] = await Promise.all(waits);
    expect(first).toEqual(second);
    expect(first).toMatchObject({ id, status: 'completed', result: { energy: -1 } });
    expect(looksForLost).not.toHaveBeenCalled();
    await expectNothingLeft(controller);
  });

  it('is not ended by what does not end the task', async () => {
    await start();
    const { id } = await submit();
    const wait = tasks.waitFor(alice, id);
    await pollsHeld(server, 1);
    await tasks.claim(bob, { workerId });
    await tasks.reportMany(bob, [
      { taskId: id, status: 'running' },
      { taskId: id, status: 'running', progress: 0.5 },
    ]);
    await pollsHeld(server, 1);
    await tasks.cancel(alice, id);
    expect(await wait).toMatchObject({ status: 'cancelled', progress: 0.5 });
  });

  it('may take longer than a long poll', async () => {
    await start({ settings: { longPollMaxWaitSeconds: 0 } });
    const { id } = await running();
    const waits = [tasks.waitFor(alice, id), tasks.waitFor(alice, id, { timeoutSeconds: 1e9 })];
    await pollsHeld(server, 2);
    await tasks.report(bob, { taskId: id, status: 'failed' });
    expect((await Promise.all(waits)).map(({ status }) => status)).toEqual(['failed', 'failed']);
  });

  it('ends at once when the task has ended', async () => {
    await start();
    const { id } = await submit();
    const ended = await tasks.cancel(alice, id);
    expect(await tasks.waitFor(alice, id)).toEqual(ended);
  });

  it.each([0, -1, 0.01])('shows the task as it is after %s s', async (timeoutSeconds) => {
    await start();
    const { id } = await running();
    const controller = new AbortController();
    expect((await tasks.waitFor(alice, id, { timeoutSeconds, signal: controller.signal })).status).toBe('running');
    await expectNothingLeft(controller);
  });

  it('sees an end that comes while it begins', async () => {
    await start();
    for (let round = 0; round < 50; round += 1) {
      const { id } = await submit();
      const [ended] = await Promise.all([tasks.waitFor(alice, id), tasks.cancel(alice, id)]);
      expect(ended.status).toBe('cancelled');
    }
  });

  it('rejects with the reason of the signal, and leaves nothing behind', async () => {
    await start();
    const { id } = await running();
    const controller = new AbortController();
    const wait = tasks.waitFor(alice, id, { signal: controller.signal });
    await pollsHeld(server, 1);
    const reason = new Error('nobody wants to know');
    controller.abort(reason);
    await expect(wait).rejects.toBe(reason);
    await expectNothingLeft(controller);
    await expect(tasks.waitFor(alice, id, { signal: controller.signal })).rejects.toBe(reason);
    await expectNothingLeft(controller);
  });

  it('rejects when it is aborted while it begins', async () => {
    await start();
    const { id } = await running();
    const controller = new AbortController();
    const wait = tasks.waitFor(alice, id, { signal: controller.signal });
    controller.abort();
    await expect(wait).rejects.toMatchObject({ name: 'AbortError' });
    await expectNothingLeft(controller);
  });

  it('rejects when the task is deleted', async () => {
    await start();
    const { id } = await running();
    const wait = tasks.waitFor(alice, id);
    await pollsHeld(server, 1);
    await server.dataSource.query(`DELETE FROM joblib_task WHERE id = '${id}'`);
    wakeUps.notify(settledTopic(id));
    await expect(wait).rejects.toMatchObject({ problem: 'TaskNotFound' });
  });
});

describe('a claim that waits', () => {
  it('is woken by a submission over HTTP', async () => {
    await start();
    const controller = new AbortController();
    const claim = tasks.claim(bob, { workerId, maxTasks: 5, waitSeconds: 60, signal: controller.signal });
    await claimsHeld(server, 1);
    const { body } = await worker.submit('lab', JOB);
    expect((await claim).map(({ id, status }) => [id, status])).toEqual([[body.id, 'claimed']]);
    await expectNothingLeft(controller);
  });

  it('finds nothing when the time has run out', async () => {
    await start();
    expect(await tasks.claim(bob, { workerId, waitSeconds: 0.01 })).toEqual([]);
  });

  it('rejects with the reason of the signal, and leaves nothing behind', async () => {
    await start();
    const controller = new AbortController();
    const claim = tasks.claim(bob, { workerId, waitSeconds: 60, signal: controller.signal });
    await claimsHeld(server, 1);
    controller.abort();
    await expect(claim).rejects.toMatchObject({ name: 'AbortError' });
    await expectNothingLeft(controller);
    await submit();
    await expect(tasks.claim(bob, { workerId, signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await tasks.claim(bob, { workerId })).toHaveLength(1);
  });

  it('puts back what it took when it was aborted meanwhile', async () => {
    await start();
    const [first, second] = await tasks.submitBatch(alice, { roomId: 'lab', jobName: JOB, payloads: [{}, {}] });
    server.events.clear();
    const controller = new AbortController();
    const claim = tasks.claim(bob, { workerId, signal: controller.signal });
    controller.abort();
    await expect(claim).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.events.payloadsOf('task_status_event').map(({ id, status }) => [id, status])).toEqual([
      [first?.id, 'claimed'],
      [first?.id, 'pending'],
    ]);
    expect(await tasks.get(alice, first?.id ?? '')).toMatchObject({ status: 'pending', attempt: 0, queuePosition: 1, workerId: null });
    expect((await tasks.claim(bob, { workerId, maxTasks: 2 })).map(({ id }) => id)).toEqual([first?.id, second?.id]);
  });
});

describe('when the application is closed', () => {
  it('waits end with what is known', async () => {
    await start();
    const { id } = await running();
    const waits = [tasks.waitFor(alice, id), tasks.claim(bob, { workerId, waitSeconds: 60 })];
    await pollsHeld(server, 1);
    await claimsHeld(server, 1);
    await server.close();
    expect(await Promise.all(waits)).toMatchObject([{ id, status: 'running' }, []]);
    expect(wakeUps.count).toBe(0);
  });

  it('every call is refused with a sentence', async () => {
    await start();
    const { id } = await running();
    await server.close();
    const calls = [
      submit(),
      tasks.submitBatch(alice, { roomId: 'lab', jobName: JOB, payloads: [{}] }),
      tasks.claim(bob),
      tasks.claimMany(bob, [{}]),
      tasks.report(bob, { taskId: id, status: 'completed' }),
      tasks.reportMany(bob, [{ taskId: id, status: 'completed' }]),
      tasks.get(alice, id),
      tasks.waitFor(alice, id),
      tasks.cancel(alice, id),
    ];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && [outcome.reason.problem, outcome.reason.message])).toEqual(
      calls.map(() => ['DatabaseUnavailable', 'The application is closed: JoblibTasks takes no more calls.']),
    );
  });

  it('a call that is under way is finished before the database is closed', async () => {
    const database = await lastingDatabase();
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const assertWritable = jest.fn(() => Promise.resolve());
    await start({ database, overrides: [{ provide: ROOM_GUARD, useValue: { assertWritable } }] });
    assertWritable.mockReturnValue(opened);
    const submitting = submit();
    const closing = server.close();
    await until('the refusal of new calls', () =>
      tasks.get(alice, 'x').then(undefined, ({ problem }) => problem === 'DatabaseUnavailable'),
    );
    open();
    const { id } = await submitting;
    await closing;
    await start({ database });
    expect((await tasks.get(alice, id)).status).toBe('pending');
    await server.close();
    await database.remove();
  });
});
