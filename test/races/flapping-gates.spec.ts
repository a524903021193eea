import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { ClaimGates } from '../../libs/nestjs/src/persistence/index.js';
import { ClaimTasks } from '../../libs/nestjs/src/tasks/index.js';
import { Random } from '../faults/random.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { turns } from '../support/race.js';
import { claimsHeld, until } from '../support/until.js';

const ONE = 'lab:modifiers:One';
const TWO = 'lab:modifiers:Two';
const CLAIMERS = 50;
const TASKS = 600;
/** Longer than the test's patience: a claim that is not woken has no other way to its task. */
const WAIT = { prefer: 'wait=60' };

describe('fifty claimers of two jobs whose gates open and close at random', () => {
  let server: JoblibApp;
  const handedOut: { id: string; attempt: number }[] = [];
  const submitted: string[] = [];

  beforeAll(async () => {
    server = await startJoblib();
    // What makes up for lost wake-ups finds nothing either.
    jest.spyOn(server.app.get(ClaimTasks), 'withPending').mockResolvedValue([]);
    const workers = await Promise.all(Array.from({ length: CLAIMERS }, (_, index) => aWorker(index)));
    const claimers = workers.map(([user, workerId], index) => claimAll(user, workerId, index));
    const flapping = new AbortController();
    const flapped = flap(flapping.signal);
    await Promise.all([submitAll(ONE, 1), submitAll(TWO, 2)]);
    flapping.abort();
    await flapped;
    server.app.get(ClaimGates).set(new Set());
    await until('every task handed out', () => handedOut.length >= TASKS);
    await claimsHeld(server, CLAIMERS);
    // Held claims are answered: nothing is there for them.
    await server.close();
    await Promise.all(claimers);
  });

  afterAll(() => server.close());

  it('are handed out every task, once they stay open, exactly once and at its first attempt', () => {
    expect(submitted).toHaveLength(TASKS);
    expect(handedOut.map(({ id }) => id).toSorted()).toEqual(submitted.toSorted());
    expect(handedOut.filter(({ attempt }) => attempt !== 1)).toEqual([]);
  });

  /** Some serve one of the jobs, some both. */
  async function aWorker(index: number): Promise<[JoblibUser, string]> {
    const user = new JoblibUser(server.origin, `user-${index % 5}`);
    const { body } = await user.createWorker();
    const jobs = index % 3 === 0 ? [ONE, TWO] : [index % 3 === 1 ? ONE : TWO];
    for (const job of jobs) await user.register(job, { workerId: body.id });
    return [user, body.id];
  }

  async function claimAll(user: JoblibUser, workerId: string, index: number): Promise<void> {
    const asked = index % 4 === 0 ? { max_tasks: 3 } : {};
    for (;;) {
      const { status, body } = await user.claim(workerId, asked, WAIT);
      expect(status).toBe(200);
      if (body.task === null) return;
      handedOut.push(...(body.tasks ?? [body.task]));
    }
  }

  async function flap(stopped: AbortSignal): Promise<void> {
    const random = new Random(7);
    while (!stopped.aborted) {
      server.app.get(ClaimGates).set(new Set([ONE, TWO].filter(() => random.oneIn(2))));
      await turns(random.below(6));
    }
  }

  async function submitAll(job: string, seed: number): Promise<void> {
    const [random, user] = [new Random(seed), new JoblibUser(server.origin, 'submitter')];
    for (let count = 0; count < TASKS / 2; count += 1) {
      const { body } = await user.submit('lab', job);
      submitted.push(body.id);
      await turns(random.below(4));
    }
  }
});
