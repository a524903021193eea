import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Sweeper, WAKE_UPS } from '@joblib/nestjs';
import type { WakeUps } from '@joblib/nestjs';
import type { ClaimAnswer, TaskView } from '@joblib/contract';

import { pendingTopic } from '../../libs/nestjs/src/domain/topics.js';
import { ClaimTasks } from '../../libs/nestjs/src/tasks/index.js';
import { emptyTables } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import type { Answer } from '../support/joblib-user.js';
import { claimsHeld, until } from '../support/until.js';
import { turns } from '../support/race.js';

const ONE = 'lab:modifiers:One';
const TWO = 'lab:modifiers:Two';
const WAIT = { prefer: 'wait=20' };

let server: JoblibApp;
let alice: JoblibUser;
let bob: JoblibUser;
/** What makes up for lost wake-ups, a second or two later; nothing here may need it. */
let looksForLost: ReturnType<typeof spyOnLooks>;

function spyOnLooks() {
  return jest.spyOn(server.app.get(ClaimTasks), 'withPending');
}

/** Short enough for the heartbeats of held claims to come several times while a test runs. */
const WORKER_TIMEOUT_SECONDS = 0.3;

async function start(): Promise<void> {
  server = await startJoblib({ settings: { workerTimeoutSeconds: WORKER_TIMEOUT_SECONDS, claimStartTimeoutSeconds: 3600 } });
  [alice, bob] = [new JoblibUser(server.origin, 'alice'), new JoblibUser(server.origin, 'bob')];
  looksForLost = spyOnLooks();
}

/** A worker of the user that is linked to the jobs. */
async function workerOf(user: JoblibUser, ...jobs: string[]): Promise<string> {
  const { body } = await user.createWorker();
  for (const job of jobs) await user.register(job, { workerId: body.id });
  return body.id;
}

/** A claim that is held, behind `ahead` others. */
async function holdClaim(user: JoblibUser, workerId: string | undefined, ahead = 0): Promise<{ answer: Promise<Answer<ClaimAnswer>> }> {
  const answer = user.claim(workerId, {}, WAIT);
  await claimsHeld(server, ahead + 1);
  return { answer };
}

describe('held claims', () => {
  beforeAll(() => start());
  afterAll(() => server.close());
  beforeEach(async () => {
    await claimsHeld(server, 0);
    await emptyTables(server.dataSource);
    looksForLost.mockClear();
  });

  it.each([0, 1, 2, 3, 5])('get one task each when ten come, %s turns of the event loop apart', async (gap) => {
    const held = [];
    for (let index = 0; index < 10; index += 1) held.push(await holdClaim(alice, await workerOf(alice, ONE), index));
    const submits = held.map((_, index) => turns(gap * index).then(() => bob.submit('lab', ONE)));
    const tasks = await Promise.all(submits);
    const given = await Promise.all(held.map(async ({ answer }) => (await answer).body.task?.id));
    expect([...given].sort()).toEqual(tasks.map(({ body }) => body.id).sort());
    expect(looksForLost).not.toHaveBeenCalled();
  });

  it('say how long they might have waited, also when the time runs out, and nothing of it when there is a task at once', async () => {
    const worker = await workerOf(alice, ONE);
    const elapsed = await alice.claim(worker, { max_tasks: 2 }, { prefer: 'wait=1' });
    expect([elapsed.headers.get('preference-applied'), elapsed.body]).toEqual(['wait=1', { task: null, tasks: [] }]);
    await bob.submit('lab', ONE);
    const atOnce = await alice.claim(worker, {}, WAIT);
    expect([atOnce.headers.get('preference-applied'), atOnce.body.task?.status]).toEqual([null, 'claimed']);
  });

  it('pass a wake-up on that they cannot use, because they took the task of another job', async () => {
    const { body: job } = await alice.register(ONE);
    const both = await workerOf(bob, ONE, TWO);
    const { answer: first } = await holdClaim(bob, both);
    const { answer: second } = await holdClaim(bob, await workerOf(bob, ONE), 1);
    const { ofTwo, ofOne } = await submitElsewhere();

    // One hint for two tasks; who hears it takes the older one, which is not the one that it was about.
    server.app.get<WakeUps>(WAKE_UPS).notify(pendingTopic(job.id));
    expect((await first).body.task).toMatchObject({ id: ofTwo, worker_id: both });
    expect((await second).body.task).toMatchObject({ id: ofOne });
    expect(looksForLost).not.toHaveBeenCalled();
  });

  it('get what was put back', async () => {
    const [silent, waiting] = [await workerOf(alice, ONE), await workerOf(bob, ONE)];
    const { body: task } = await bob.submit('lab', ONE);
    await alice.claim(silent);
    const { answer } = await holdClaim(bob, waiting);
    server.clock.advance(3601);
    await server.app.get(Sweeper).putBackUnstarted();
    expect((await answer).body.task).toMatchObject({ id: task.id, attempt: 2, worker_id: waiting });
  });

  it('end with 404 when their worker is removed', async () => {
    const [worker, other] = [await workerOf(alice, ONE), await workerOf(alice, ONE)];
    const { answer } = await holdClaim(alice, worker);
    const { answer: stays } = await holdClaim(alice, other, 1);
    await alice.removeWorker(worker);
    const { status, body } = await answer;
    expect([status, body]).toMatchObject([404, { type: '/v1/problems/worker-not-found' }]);
    const { body: task } = await bob.submit('lab', ONE);
    expect((await stays).body.task?.id).toBe(task.id);
  });

  it('leave a task to the next when their worker is removed in the moment in which it comes', async () => {
    for (let round = 0; round < 30; round += 1) {
      const [worker, other] = [await workerOf(alice, ONE), await workerOf(bob, ONE)];
      const { answer: first } = await holdClaim(alice, worker);
      const { answer: second } = await holdClaim(bob, other, 1);
      const [{ body: task }] = await Promise.all([bob.submit('lab', ONE), alice.removeWorker(worker)]);
      const { status, body } = await first;
      if (status === 404) {
        expect((await second).body.task?.id).toBe(task.id);
      } else {
        // It was first; then its worker went with the task.
        expect([status, body.task?.id]).toEqual([200, task.id]);
        expect((await bob.task(task.id)).body.status).toBe('failed');
        const { body: next } = await bob.submit('lab', ONE);
        expect((await second).body.task?.id).toBe(next.id);
      }
      await bob.removeWorker(other);
    }
    expect(looksForLost).not.toHaveBeenCalled();
  });

  it('get the tasks of a job that their worker registers meanwhile', async () => {
    const worker = await workerOf(alice, ONE);
    const { answer } = await holdClaim(alice, worker);
    await alice.register(TWO, { workerId: worker });
    const { body: task } = await bob.submit('lab', TWO);
    expect((await answer).body.task).toMatchObject({ id: task.id, job_name: TWO, worker_id: worker });
  });

  it('get a task of that job at once when one was waiting', async () => {
    const [worker, other] = [await workerOf(alice, ONE), await workerOf(bob, TWO)];
    const { body: task } = await bob.submit('lab', TWO);
    const { answer } = await holdClaim(alice, worker);
    await alice.register(TWO, { workerId: worker });
    expect((await answer).body.task?.id).toBe(task.id);
    expect((await bob.claim(other)).body.task).toBeNull();
  });

  it('get tasks of the worker that their user brings meanwhile, when they are for any of them', async () => {
    const { answer } = await holdClaim(alice, undefined);
    const worker = await workerOf(alice, ONE);
    const { body: task } = await bob.submit('lab', ONE);
    expect((await answer).body.task).toMatchObject({ id: task.id, worker_id: worker });
  });

  it('are heartbeats of their workers for as long as they are held', async () => {
    const [worker, silent] = [await workerOf(alice, ONE), await workerOf(alice, ONE)];
    const { answer } = await holdClaim(alice, worker);
    server.clock.advance(100);
    const now = new Date(server.clock.now()).toISOString();
    await until('a heartbeat of the held claim', async () => (await workersBeat()).get(worker) === now);
    await server.app.get(Sweeper).sweepOnce();
    expect([...(await workersBeat()).keys()]).toEqual([worker]);
    expect((await alice.heartbeat(silent)).status).toBe(404);
    const { body: task } = await bob.submit('lab', ONE);
    expect((await answer).body.task?.id).toBe(task.id);
  });

  it('see what is submitted while they come', async () => {
    const worker = await workerOf(alice, ONE);
    for (let round = 0; round < 100; round += 1) {
      const [claim, submit]: [Answer<ClaimAnswer>, Answer<TaskView>] = await Promise.all([
        alice.claim(worker, {}, WAIT),
        bob.submit('lab', ONE),
      ]);
      expect(claim.body.task?.id).toBe(submit.body.id);
    }
  });

  /** Pending tasks of both jobs, TWO's older, of which this server heard nothing: as if another one had taken them in. */
  async function submitElsewhere(): Promise<{ ofTwo: string; ofOne: string }> {
    const quiet = jest.spyOn(server.app.get<WakeUps>(WAKE_UPS), 'notify').mockReturnValue();
    const { body: two } = await bob.submit('lab', TWO);
    const { body: one } = await bob.submit('lab', ONE);
    quiet.mockRestore();
    return { ofTwo: two.id, ofOne: one.id };
  }

  async function workersBeat(): Promise<Map<string, string>> {
    const { body } = await alice.call<{ items: { id: string; last_heartbeat: string }[] }>('GET', '/workers');
    return new Map(body.items.map(({ id, last_heartbeat }) => [id, last_heartbeat]));
  }
});

describe('held claims of a server of their own', () => {
  afterEach(() => server.close());

  /** How often claims have looked for tasks from now on. */
  function countLooks(): () => number {
    let looks = 0;
    const claims = server.app.get(ClaimTasks);
    const claim = claims.claim.bind(claims);
    jest.spyOn(claims, 'claim').mockImplementation((claiming) => claim(claiming).finally(() => (looks += 1)));
    return () => looks;
  }

  it('are woken one by one: a new task costs one look, however many wait, and goes to who waits longest', async () => {
    await start();
    const looks = countLooks();
    const workers = [await workerOf(alice, ONE), await workerOf(alice, ONE), await workerOf(alice, ONE), await workerOf(alice, ONE)];
    const held = [];
    for (const [index, worker] of workers.entries()) held.push(await holdClaim(alice, worker, index));
    await until('the looks after joining the line', () => looks() === 4 * 2);
    for (const [index, { answer }] of held.entries()) {
      const before = looks();
      const { body: task } = await bob.submit('lab', ONE);
      expect((await answer).body.task).toMatchObject({ id: task.id, worker_id: workers[index] });
      expect(looks() - before).toBe(1);
      await claimsHeld(server, 3 - index);
    }
  });

  it('are answered with null when the server stops', async () => {
    await start();
    const { answer } = await holdClaim(alice, await workerOf(alice, ONE));
    const several = alice.claim(await workerOf(alice, ONE), { max_tasks: 3 }, WAIT);
    await claimsHeld(server, 2);
    await server.close();
    expect([(await answer).status, (await answer).body]).toEqual([200, { task: null }]);
    expect([(await several).status, (await several).body]).toEqual([200, { task: null, tasks: [] }]);
  });
});
