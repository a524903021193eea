import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

import type { Job } from '../../libs/nestjs/src/domain/job.js';
import type { Worker } from '../../libs/nestjs/src/domain/worker.js';
import { AGAIN, ClaimGates } from '../../libs/nestjs/src/persistence/index.js';
import type { Operation, Outcome, Transaction } from '../../libs/nestjs/src/persistence/index.js';
import { writing } from '../../libs/nestjs/src/persistence/statement.js';
import { ClaimOperation } from '../../libs/nestjs/src/tasks/claim.operation.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

type Perform = (transaction: Transaction, input: string) => Promise<Outcome<string>>;

/** One input after another. */
function operation(perform: Perform, isUnordered = false): Operation<string, string> {
  return {
    name: 'test',
    rank: 1,
    isUnordered,
    perform: async (transaction, inputs) => {
      const outcomes: Outcome<string>[] = [];
      for (const input of inputs) outcomes.push(await perform(transaction, input));
      return outcomes;
    },
  };
}

describe.each(databases)('a commit that does not wait for the last answers, on $name', (kind) => {
  const isRemote = kind.name === 'PostgreSQL';
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.open(kind);
    // It finds out whether the database is another process.
    await bench.write(() => Promise.resolve());
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await bench.close();
  });

  const lease = (name: string) => bench.database.statements.housekeeping.acquireLease(name, 'me', 0, 1);

  async function leases(): Promise<string[]> {
    const rows = await bench.database.dataSource.query<{ name: string }[]>('SELECT name FROM joblib_lease ORDER BY name');
    return rows.map(({ name }) => name);
  }

  it('is what a lone operation gets when the database is another process', async () => {
    const seen: unknown[] = [];
    const one = operation(async (tx, name) => {
      const asked = tx.all(lease(name));
      seen.push(tx.nothingFollows());
      seen.push((await asked).length);
      return { value: name };
    });
    expect(await bench.unitOfWork.perform(one, 'ann')).toBe('ann');
    expect(seen).toEqual([isRemote, 1]);
    expect(await leases()).toEqual(['ann']);
  });

  it('closes the transaction', async () => {
    const late = operation(async (tx, name) => {
      await tx.all(lease(name));
      if (!tx.nothingFollows()) return { value: 'open' };
      const refused = await tx.all(lease('late')).catch((error: Error) => error.message);
      return { value: JSON.stringify(refused) };
    });
    expect(await bench.unitOfWork.perform(late, 'ann')).toMatch(isRemote ? 'nothing more can be asked' : 'open');
    expect(await leases()).toEqual(['ann']);
  });

  it('keeps nothing when the last statement fails', async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const failing = operation(async (tx, name) => {
      await tx.all(lease(name));
      const asked = tx.all(writing(`INSERT INTO joblib_lease (name) VALUES ('half')`));
      tx.nothingFollows();
      await asked;
      return { value: name };
    });
    await expect(bench.unitOfWork.perform(failing, 'ann')).rejects.toThrow(/null|NOT NULL/);
    expect(await leases()).toEqual([]);
    expect(await bench.write((tx) => tx.all(lease('bob')))).toHaveLength(1);
  });

  it('performs again what it could not decide, in a transaction that stays open; the others are answered', async () => {
    const tries: string[] = [];
    const picky = operation(async (tx, name) => {
      tries.push(name);
      if (name === 'easy') return { value: 'done' };
      return (await tx.all(lease(name)), tx.nothingFollows()) ? AGAIN : { value: 'decided' };
    });
    const answers = Promise.all(['easy', 'hard'].map((name) => bench.unitOfWork.perform(picky, name)));
    expect(await answers).toEqual(['done', 'decided']);
    expect(tries).toEqual(isRemote ? ['easy', 'hard', 'hard'] : ['easy', 'hard']);
  });

  it('ends a task without a plugin that is announced when its end is on its way', async () => {
    const { id } = await bench.aClaimedTask(await bench.aJob(), await bench.aWorker());
    const ending = operation(async (tx, taskId) => {
      const change = {
        taskId,
        status: 'failed',
        result: null,
        error: '"sorry"',
        progress: null,
        userId: '',
        isSuperuser: true,
        now: bench.now,
      } as const;
      const reported = bench.tasks.report(tx, [change]);
      tx.nothingFollows();
      bench.outbox.expect(['tasks']);
      return { value: String((await reported).get(taskId)?.status) };
    });
    expect(await bench.unitOfWork.perform(ending, id)).toBe('failed');
    expect((await bench.find(id))?.status).toBe('failed');
  });

  it('is not for a group of several kinds', async () => {
    const closed: boolean[] = [];
    const note = (tx: Transaction, name: string): Promise<Outcome<string>> => {
      closed.push(tx.nothingFollows());
      return Promise.resolve({ value: name });
    };
    await Promise.all([bench.unitOfWork.perform(operation(note), 'one'), bench.unitOfWork.perform(operation(note), 'other')]);
    expect(closed).toEqual([false, false]);
  });

  describe('of a group in which one kind comes behind another', () => {
    const steps: string[] = [];
    const behind = (rank: number, name: string, sql: () => ReturnType<typeof lease>): Operation<string, string> => ({
      name,
      rank,
      perform: async (tx, inputs) => {
        const asked = tx.all(sql());
        steps.push(`${name} asks`);
        tx.nothingFollows();
        await asked;
        steps.push(`${name} is answered`);
        return inputs.map((value) => ({ value }));
      },
    });
    const both = (first: Operation<string, string>) =>
      Promise.allSettled([
        bench.unitOfWork.perform(
          behind(2, 'second', () => lease('second')),
          '2',
        ),
        bench.unitOfWork.perform(first, '1'),
      ]);
    beforeEach(() => {
      steps.length = 0;
    });

    it('lets the second ask without waiting for the answers of the first', async () => {
      const { flushesTotal } = bench.unitOfWork.counts;
      expect(await both(behind(1, 'first', () => lease('first')))).toMatchObject([{ value: '2' }, { value: '1' }]);
      const waited = ['first asks', 'first is answered', 'second asks', 'second is answered'];
      expect(steps).toEqual(isRemote ? ['first asks', 'second asks', 'first is answered', 'second is answered'] : waited);
      expect(await leases()).toEqual(['first', 'second']);
      expect(bench.unitOfWork.counts.flushesTotal - flushesTotal).toBe(1);
    });

    it('refuses the first alone when it fails', async () => {
      const failing = behind(1, 'first', () => writing(`INSERT INTO joblib_lease (name) VALUES ('half')`));
      expect(await both(failing)).toMatchObject([{ value: '2' }, { status: 'rejected' }]);
      expect(await leases()).toEqual(['second']);
    });
  });

  it('is not for pieces of work, which know nothing of each other', async () => {
    const close = (tx: Transaction): Promise<boolean> => Promise.resolve(tx.nothingFollows());
    expect(await Promise.all([bench.write(close), bench.write(close)])).toEqual([false, false]);
  });

  describe('beside another transaction', () => {
    it('is for nobody while the other has not told', async () => {
      const closed: boolean[] = [];
      const beside = operation((tx, name) => (closed.push(tx.nothingFollows()), Promise.resolve({ value: name })), true);
      let second: Promise<string> = Promise.resolve('');
      const waits = operation(async (_, name) => {
        second = bench.unitOfWork.perform(beside, 'second');
        if (isRemote) await second;
        return { value: name };
      });
      const first = bench.unitOfWork.perform(waits, 'first');
      await first;
      expect(await Promise.all([first, second])).toEqual(['first', 'second']);
      expect(closed).toEqual([false]);
    });
  });

  describe('of a claim', () => {
    let worker: Worker;
    let job: Job;
    beforeEach(async () => {
      worker = await bench.aWorker({ userId: 'wendy' });
      job = await bench.aJob();
      await bench.aLink(worker, job);
    });

    let claim: ClaimOperation;
    beforeEach(() => {
      claim = new ClaimOperation(bench.workers, bench.claims, new ClaimGates(), bench.clock);
    });

    const claiming = (maxTasks = 1, userId = 'wendy', starts = false) =>
      bench.unitOfWork.perform(claim, { userId, workerId: worker.id, maxTasks, internal: false, starts });

    it('takes the oldest of all its jobs, beats for the worker, and says which jobs it looked at', async () => {
      const second = await bench.aJob({ name: 'Relax' });
      await bench.aLink(worker, second);
      const [a, b, c] = [await bench.aTask(second), await bench.aTask(job), await bench.aTask(second)];
      bench.clock.advance(7);
      const { tasks, jobIds, workerIds } = await claiming(2);
      expect(tasks.map(({ id }) => id)).toEqual([a.id, b.id]);
      expect(tasks[0]).toMatchObject({ status: 'claimed', workerId: worker.id, claimedById: 'wendy', claimedAt: bench.now, attempt: 1 });
      expect(new Set(jobIds)).toEqual(new Set([job.id, second.id]));
      expect(workerIds).toEqual([worker.id]);
      expect((await claiming(2)).tasks.map(({ id }) => id)).toEqual([c.id]);
      expect(await claiming(2)).toMatchObject({ tasks: [], isContended: false });
      expect((await bench.read((session) => bench.workers.findById(session, worker.id)))?.lastHeartbeat).toBe(bench.now);
    });

    it('shares what there is among those who ask for one worker at once, the oldest for whoever asked first', async () => {
      const ids = (await bench.someTasks(job, 6)).map(({ id }) => id);
      const looks = await Promise.all([claiming(2), claiming(3), claiming(5), claiming(1)]);
      expect(looks.map(({ tasks }) => tasks.map(({ id }) => id))).toEqual([ids.slice(0, 2), ids.slice(2, 5), ids.slice(5), []]);
      for (const look of looks) expect(look).toMatchObject({ jobIds: [job.id], workerIds: [worker.id], isContended: false });
      for (const id of ids) expect(await bench.find(id)).toMatchObject({ status: 'claimed', workerId: worker.id, attempt: 1 });
      const tellings = bench.events.flatMap(({ name, payload }) => (name === 'task_status_event' ? [payload.id] : []));
      expect(tellings).toEqual(ids);
    });

    it('starts what is to be started, also where others ask for the same worker without', async () => {
      const ids = (await bench.someTasks(job, 3)).map(({ id }) => id);
      const looks = await Promise.all([claiming(1), claiming(1, 'wendy', true), claiming(1, 'wendy', true)]);
      expect(looks.flatMap(({ tasks }) => tasks.map(({ id, status }) => [id, status]))).toEqual(
        ids.map((id, index) => [id, index === 0 ? 'claimed' : 'running']),
      );
    });

    it('refuses each of those who ask at once for a worker that is not theirs', async () => {
      await bench.aTask(job);
      const refusals = await Promise.allSettled([claiming(1, 'mallory'), claiming(1, 'mallory')]);
      expect(refusals).toMatchObject([1, 2].map(() => ({ status: 'rejected', reason: { problem: 'Forbidden' } })));
    });

    it('leaves internal jobs and retired ones alone', async () => {
      const internal = await bench.aJob({ roomId: '@internal', name: 'Secret' });
      await bench.aLink(worker, internal);
      await bench.aTask(internal);
      expect(await claiming()).toMatchObject({ tasks: [], jobIds: [job.id] });
    });

    it('is refused for a worker of somebody else, and for one that is not there', async () => {
      await bench.aTask(job);
      await expect(claiming(1, 'mallory')).rejects.toMatchObject({ problem: 'Forbidden' });
      worker = { ...worker, id: bench.ids.next().id };
      await expect(claiming()).rejects.toMatchObject({ problem: 'WorkerNotFound' });
    });

    it('passes over what another server is taking, and takes what is behind it', async () => {
      if (!isRemote) return;
      const [held, next] = [await bench.aTask(job), await bench.aTask(job)];
      const { sessionMaker } = bench.database;
      await sessionMaker.transaction(async (session) => {
        await session.query('SELECT id FROM joblib_task WHERE id = $1 FOR UPDATE', [held.id]);
        expect((await claiming()).tasks.map(({ id }) => id)).toEqual([next.id]);
        expect(await claiming()).toMatchObject({ tasks: [], isContended: true });
      });
      const more = (await bench.someTasks(job, 2)).map(({ id }) => id);
      await sessionMaker.transaction(async (session) => {
        await session.query('SELECT id FROM joblib_task WHERE id = $1 FOR UPDATE', [held.id]);
        const looks = await Promise.all([claiming(), claiming(), claiming()]);
        expect(looks.map(({ tasks }) => tasks.map(({ id }) => id))).toEqual([more.slice(0, 1), more.slice(1), []]);
        expect(looks[2]).toMatchObject({ isContended: true });
      });
      expect((await claiming()).tasks.map(({ id }) => id)).toEqual([held.id]);
      expect(await claiming()).toMatchObject({ tasks: [], isContended: false });
    });
  });
});
