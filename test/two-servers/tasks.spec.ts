import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TaskView } from '@joblib/contract';

import { race } from '../support/race.js';
import type { JoblibUser } from '../support/joblib-user.js';
import { TwoServers } from './two-servers.js';

const GAPS = [-8, -3, -1, 0, 0, 0, 1, 3, 8];
const JOBS = ['@global:modifiers:One', '@global:modifiers:Two', '@global:analysis:Three'];
const TASKS = 600;
const BATCH = 20;
const CLAIMERS = 16;

let servers: TwoServers;
let here: JoblibUser;
let there: JoblibUser;
beforeAll(async () => {
  servers = await TwoServers.start();
  [here, there] = servers.user('root');
});
afterAll(() => servers.close());

let jobs = 0;

/** A task of a job and a worker that nobody else has to do with. */
async function aTask(): Promise<{ worker: string; task: string; fullName: string }> {
  jobs += 1;
  const fullName = `lab:modifiers:Job ${jobs}`;
  const { body: job } = await here.register(fullName);
  const { body: task } = await there.submit('lab', fullName);
  return { worker: job.worker_id, task: task.id, fullName };
}

describe('claims on two servers', () => {
  it('hand out every task once, whoever submits where, and nothing stays behind', async () => {
    const submitted: string[] = [];
    const given: string[] = [];
    const submitAll = async (user: JoblibUser, job: string): Promise<void> => {
      for (let sent = 0; sent < TASKS / JOBS.length / 2; sent += BATCH) {
        const { body } = await user.call<{ items: TaskView[] }>('POST', `/rooms/lab/tasks/${job}/batch`, {
          payloads: Array(BATCH).fill({}),
        });
        submitted.push(...body.items.map(({ id }) => id));
      }
    };
    const claimAll = async (user: JoblibUser, index: number): Promise<void> => {
      const { body: worker } = await user.createWorker();
      for (const job of JOBS) await user.register(job, { workerId: worker.id });
      while (given.length < TASKS) {
        const { status, body } = await user.claim(worker.id, { max_tasks: 1 + (index % 5) });
        expect(status).toBe(200);
        const ids = (body.tasks ?? []).map(({ id }) => id);
        expect(ids).toEqual([...ids].sort());
        given.push(...ids);
      }
    };
    for (const job of JOBS) await here.register(job);
    const users = [here, there];
    await Promise.all([
      ...users.flatMap((user) => JOBS.map((job) => submitAll(user, job))),
      ...Array.from({ length: CLAIMERS }, (_, index) => claimAll(index % 2 === 0 ? here : there, index)),
    ]);
    expect(given).toHaveLength(TASKS);
    expect(new Set(given)).toEqual(new Set(submitted));
  });

  it('of one task give it to one of them; the other finds nothing', async () => {
    for (const gap of GAPS) {
      const { worker, task } = await aTask();
      const answers = await race(
        gap,
        () => here.claim(worker),
        () => there.claim(worker),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers.flatMap(({ body }) => body.task?.id ?? [])).toEqual([task]);
      expect((await here.task(task)).body).toMatchObject({ status: 'claimed', attempt: 1 });
      expect(servers.told(task, 'claimed')).toBe(1);
    }
  });
});

describe('reports on two servers', () => {
  const TWO_ENDS = [
    ['completed', 'cancelled'],
    ['completed', 'completed'],
    ['failed', 'cancelled'],
  ] as const;

  it.each(TWO_ENDS)('%s against %s: one is done, the other is a conflict and changes nothing', async (first, second) => {
    for (const gap of GAPS) {
      const { worker, task } = await aTask();
      await here.claim(worker);
      await there.report(task, 'running');
      const answers = await race(
        gap,
        () => here.report(task, first, first === 'completed' ? { result: 'first' } : {}),
        () => there.report(task, second, second === 'completed' ? { result: 'second' } : {}),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const winner = answers.find(({ status }) => status === 200)?.body;
      expect((await here.task(task)).body).toEqual(winner);
      expect((await there.task(task)).body).toEqual(winner);
      expect(servers.told(task, winner?.status ?? '')).toBe(1);
    }
  });

  it('a cancel against a claim: cancelled in the end, and claimed only if the claim was first', async () => {
    for (const gap of GAPS) {
      const { worker, task } = await aTask();
      const [cancelled, claimed] = await race(
        gap,
        () => here.report(task, 'cancelled'),
        () => there.claim(worker),
      );
      const claimedId = claimed.body.task?.id;
      expect([cancelled.status, claimed.status]).toEqual([200, 200]);
      expect([undefined, task]).toContain(claimedId);
      expect((await here.task(task)).body).toMatchObject({ status: 'cancelled', attempt: claimedId === undefined ? 0 : 1 });
    }
  });

  it('of the same tasks in opposite order are each done once: nobody waits in a circle', async () => {
    const { worker, fullName, task } = await aTask();
    await here.report(task, 'cancelled');
    for (const gap of GAPS) {
      const payloads = Array.from({ length: 50 }, () => ({}));
      await here.call('POST', `/rooms/lab/tasks/${encodeURIComponent(fullName)}/batch`, { payloads });
      const { tasks = [] } = (await here.claim(worker, { max_tasks: 50 })).body;
      const ids = tasks.map(({ id }) => id);
      const fail = (user: JoblibUser, order: readonly string[]) =>
        user.call<{ items: { id: string; status: number }[] }>('PATCH', '/tasks', {
          updates: order.map((id) => ({ id, status: 'failed' })),
        });
      const [one, other] = await race(
        gap,
        () => fail(here, ids),
        () => fail(there, [...ids].reverse()),
      );
      expect([one.status, other.status]).toEqual([200, 200]);
      for (const id of ids) {
        const statuses = [one, other].map(({ body }) => body.items.find((item) => item.id === id)?.status);
        expect(statuses.sort()).toEqual([200, 409]);
      }
    }
  });
});

describe('submissions with one Idempotency-Key on two servers', () => {
  const submit = (user: JoblibUser, fullName: string, payload: unknown, key: string) =>
    user.submit('lab', fullName, payload, { 'idempotency-key': key });

  it('are one task', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const { fullName } = await aTask();
      const before = await servers.count('joblib_task');
      const [one, other] = await race(
        gap,
        () => submit(here, fullName, { index }, 'once'),
        () => submit(there, fullName, { index }, 'once'),
      );
      expect([one.status, other.status].sort()).toEqual([200, 202]);
      expect(one.body).toEqual(other.body);
      expect((await servers.count('joblib_task')) - before).toBe(1);
      expect(servers.told(one.body.id, 'pending')).toBe(1);
    }
  });

  it('with different payloads are one task and one refusal', async () => {
    for (const gap of GAPS) {
      const { fullName } = await aTask();
      const before = await servers.count('joblib_task');
      const answers = await race(
        gap,
        () => submit(here, fullName, { angle: 1 }, 'once'),
        () => submit(there, fullName, { angle: 2 }, 'once'),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 422]);
      expect((await servers.count('joblib_task')) - before).toBe(1);
    }
  });
});
