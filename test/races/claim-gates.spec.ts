import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { JoblibTasks } from '@joblib/nestjs';

import { ClaimStore } from '../../libs/nestjs/src/persistence/index.js';
import type { GateLoader } from '../../libs/nestjs/src/persistence/index.js';
import { race, turns } from '../support/race.js';
import { isOnPostgres } from '../support/test-database.js';
import { claimsHeld } from '../support/until.js';
import { GatesScene } from './gates-scene.js';

const ONE = 'lab:modifiers:One';
const TWO = 'lab:modifiers:a:b';

let scene: GatesScene;

beforeAll(async () => {
  scene = await GatesScene.start();
});
afterAll(() => scene.server.close());
beforeEach(() => scene.empty());

describe('a job whose gate is closed', () => {
  it('is not handed out, while the other jobs of the same worker are', async () => {
    const worker = await scene.workerOf(ONE, TWO);
    scene.close(TWO);
    const [older, newer] = [await scene.submit(TWO), await scene.submit(ONE)];
    const { body } = await scene.alice.claim(worker, { max_tasks: 5 });
    expect(body.tasks?.map(({ id }) => id)).toEqual([newer]);
    expect(await scene.claimed(worker)).toBeNull();
    scene.open();
    expect(await scene.claimed(worker)).toBe(older);
  });

  it('is not handed out to code of a host, until it opens', async () => {
    const tasks = scene.server.app.get(JoblibTasks);
    const [caller, workerId] = [{ id: 'alice', isSuperuser: false }, await scene.workerOf(ONE)];
    scene.close(ONE);
    const id = await scene.submit(ONE);
    expect(await tasks.claimMany(caller, [{ workerId }, {}])).toEqual([
      { tasks: [], problem: null },
      { tasks: [], problem: null },
    ]);
    const claim = tasks.claim(caller, { workerId, waitSeconds: 60 });
    await claimsHeld(scene.server, 1);
    scene.open();
    expect(await claim).toMatchObject([{ id, workerId }]);
  });

  it('costs a held claim no look, whatever is submitted; the first task of another job is taken at once', async () => {
    const [worker, other] = [await scene.workerOf(ONE, TWO), await scene.workerOf(ONE)];
    scene.close(ONE);
    const { answer } = await scene.holdClaim(worker);
    const { answer: answerOfOther } = await scene.holdClaim(other, 1);
    const before = scene.looks;
    const ofOne = await scene.submit(ONE);
    await scene.submit(ONE);
    await turns(20);
    expect(scene.looks).toBe(before);
    const ofTwo = await scene.submit(TWO);
    expect(await answer).toBe(ofTwo);
    scene.open();
    expect(await answerOfOther).toBe(ofOne);
  });

  it('was registered after it was closed, also by a worker whose claim is held', async () => {
    scene.close(ONE);
    const worker = await scene.workerOf();
    const { answer } = await scene.holdClaim(worker);
    await scene.alice.register(ONE, { workerId: worker });
    const id = await scene.submit(ONE);
    expect(await scene.claimed(worker)).toBeNull();
    scene.open();
    expect(await answer).toBe(id);
  });

  it('stays closed when it is deleted and registered again', async () => {
    const worker = await scene.workerOf(ONE);
    scene.close(ONE);
    expect(await scene.claimed(worker)).toBeNull();
    await scene.alice.removeWorker(worker);
    expect((await scene.bob.submit('lab', ONE)).status).toBe(404);
    const next = await scene.workerOf(ONE);
    const { answer } = await scene.holdClaim(next);
    const id = await scene.submit(ONE);
    expect(await scene.claimed(next)).toBeNull();
    scene.open();
    expect(await answer).toBe(id);
  });

  it('is not looked for by what makes up for lost wake-ups', async () => {
    const worker = await scene.workerOf();
    const jobs = [
      (await scene.alice.register(ONE, { workerId: worker })).body.id,
      (await scene.alice.register(TWO, { workerId: worker })).body.id,
    ];
    await scene.submit(ONE);
    await scene.submit(TWO);
    scene.close(ONE);
    expect(await scene.withPending(jobs)).toEqual(jobs.slice(1));
    scene.open();
    expect((await scene.withPending(jobs)).toSorted()).toEqual(jobs.toSorted());
  });
});

describe('closing', () => {
  it('lets a claim that has begun take its task, and no other', async () => {
    const worker = await scene.workerOf(ONE);
    const [first, second] = [await scene.submit(ONE), await scene.submit(ONE)];
    const store = scene.server.app.get(ClaimStore);
    const [take, takeAtOnce] = [store.take.bind(store), store.takeAtOnce.bind(store)];
    const between = [
      jest.spyOn(store, 'take').mockImplementationOnce((...all) => (scene.close(ONE), take(...all))),
      jest.spyOn(store, 'takeAtOnce').mockImplementationOnce((...all) => (scene.close(ONE), takeAtOnce(...all))),
    ];
    expect(await scene.claimed(worker)).toBe(first);
    expect(await scene.claimed(worker)).toBeNull();
    for (const each of between) each.mockRestore();
    scene.open();
    expect(await scene.claimed(worker)).toBe(second);
  });

  it.each([-3, -2, -1, 0, 1, 2, 3])('at the moment in which a task comes hands it out once, now or later, %s turns apart', async (gap) => {
    const worker = await scene.workerOf(ONE);
    for (let round = 0; round < 10; round += 1) {
      const { answer } = await scene.holdClaim(worker);
      const [id] = await race(
        gap,
        () => scene.submit(ONE),
        () => Promise.resolve(scene.close(ONE)),
      );
      await turns(10);
      scene.open();
      expect(await answer).toBe(id);
      expect((await scene.bob.task(id)).body).toMatchObject({ status: 'claimed', attempt: 1 });
    }
  });
});

describe('what is closed is learned by the first claim', () => {
  /** Loses the connection, or finds the database read-only. */
  const failing: GateLoader = async ({ queryRunner }) => {
    if (isOnPostgres) return void (await queryRunner.query('SELECT pg_terminate_backend(pg_backend_pid())'));
    await queryRunner.query('PRAGMA query_only = ON');
    await queryRunner.query('DELETE FROM joblib_lease').finally(() => queryRunner.query('PRAGMA query_only = OFF'));
  };

  it('which fails like any other when the database does; the next one tries again', async () => {
    const [worker, other] = [await scene.workerOf(ONE), await scene.workerOf(TWO)];
    const [ofOne, ofTwo] = [await scene.submit(ONE), await scene.submit(TWO)];
    const loads: string[] = [];
    scene.gates.learnWith(async (session) => {
      loads.push('');
      if (loads.length === 1) await failing(session);
      scene.close(ONE);
    });
    expect(loads).toEqual([]);
    const refused = await scene.alice.claim(worker, {}, { prefer: 'wait=60' });
    expect([refused.status, refused.body]).toMatchObject([503, { type: '/v1/problems/database-unavailable' }]);
    expect([await scene.claimed(worker), await scene.claimed(other), loads.length]).toEqual([null, ofTwo, 2]);
    scene.open();
    expect([await scene.claimed(worker), loads.length]).toEqual([ofOne, 2]);
  });

  it('once, however many come at the same time', async () => {
    const workers = await scene.workersOf(10, ONE);
    await scene.submit(ONE);
    const loader = jest.fn<GateLoader>(async ({ queryRunner }) => {
      await queryRunner.query('SELECT 1');
      scene.close(ONE);
    });
    scene.gates.learnWith(loader);
    expect(await Promise.all(workers.map((worker) => scene.claimed(worker)))).toEqual(workers.map(() => null));
    expect(loader).toHaveBeenCalledTimes(1);
  });
});
