import { setImmediate as turn } from 'node:timers/promises';

import { ProblemError } from '@joblib/contract';
import type { RoomEvent } from '@joblib/contract';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { UnitOfWork } from '../../libs/nestjs/src/persistence/index.js';
import type { Operation, Transaction } from '../../libs/nestjs/src/persistence/index.js';
import type { EventPublisher, SessionMaker, WakeUps } from '../../libs/nestjs/src/ports/index.js';
import { databases } from './databases.js';
import { Workbench } from './workbench.js';

const LIST_OF_LAB: RoomEvent = { name: 'jobs_invalidate', room: 'room:lab', payload: {} };

describe.each(databases)('the unit of work on $name', (kind) => {
  let bench: Workbench;
  let logged: jest.SpiedFunction<Logger['error']>;
  let told: jest.SpiedFunction<Logger['log']>;
  beforeEach(async () => {
    bench = await Workbench.open(kind);
    logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    told = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  });
  afterEach(async () => {
    logged.mockRestore();
    told.mockRestore();
    await bench.close();
  });

  /** Puts in a worker of this name, and does what else there is to do. */
  const hire =
    (userId: string, andThen: (transaction: Transaction) => void | Promise<void> = () => undefined) =>
    (tx: Transaction) => {
      const { id, createdAt } = bench.ids.next();
      return bench.workers.insert(tx, { id, userId, createdAt, lastHeartbeat: createdAt }).then(() => andThen(tx));
    };

  async function hired(): Promise<string[]> {
    const rows = await bench.database.dataSource.query<{ user_id: string }[]>('SELECT user_id FROM joblib_worker ORDER BY id');
    return rows.map(({ user_id }) => user_id);
  }

  const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `user ${index}`);

  it('commits what many ask for at once in one transaction, in the order of asking', async () => {
    await Promise.all(numbered(100).map((name) => bench.write(hire(name))));
    expect(bench.unitOfWork.counts).toMatchObject({ flushesTotal: 1, flushedOperationsTotal: 100 });
    expect(await hired()).toEqual(numbered(100));
  });

  it('commits together what its answers bring soon, though not all at the same time', async () => {
    await bench.write(hire('first'));
    const before = bench.unitOfWork.counts.flushesTotal;
    // As clients do whose next requests arrive in the order of their answers.
    const client = async (index: number): Promise<void> => {
      await bench.write(hire(`${index} asks`));
      for (let waited = 0; waited < index; waited += 1) await turn();
      await bench.write(hire(`${index} asks again`));
    };
    await Promise.all([0, 1, 2, 3].map(client));
    expect(bench.unitOfWork.counts).toMatchObject({ flushesTotal: before + 2, flushedOperationsTotal: 9 });
  });

  it('puts no more than 256 into one transaction, 1024 when the database is another process', async () => {
    await Promise.all(numbered(600).map((name) => bench.write(hire(name))));
    // The first one finds out which.
    const groups = kind.name === 'SQLite' ? [256, 256, 88] : [256, 344];
    expect(bench.unitOfWork.counts).toMatchObject({ flushesTotal: groups.length, flushedOperationsTotal: 600 });
    expect(await hired()).toEqual(numbered(600));
  });

  it('hands all inputs of an operation over together, and each its own outcome back', async () => {
    const handed: number[][] = [];
    const halve: Operation<number, number> = {
      name: 'halve',
      rank: 1,
      perform: (_, inputs) => {
        handed.push([...inputs]);
        return Promise.resolve(
          inputs.map((n) => (n % 2 === 0 ? { value: n / 2 } : { refusal: new ProblemError('Forbidden', `${n} is odd`) })),
        );
      },
    };
    const outcomes = await Promise.allSettled([2, 3, 4].map((n) => bench.unitOfWork.perform(halve, n)));
    expect(handed).toEqual([[2, 3, 4]]);
    expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message))).toEqual([1, '3 is odd', 2]);
  });

  it('lets a bad operation fail alone', async () => {
    const broken = new Error('broken');
    const outcomes = await Promise.allSettled([
      bench.write(hire('ann')),
      bench.write(hire('bad', () => Promise.reject(broken))),
      bench.write((tx) => tx.queryRunner.query('SELECT nonsense')),
      bench.write(hire('bob')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toEqual({ status: 'rejected', reason: broken });
    expect(await hired()).toEqual(['ann', 'bob']);
  });

  it('refuses one before it has written anything without touching the others', async () => {
    const refusal = new ProblemError('WorkerNotFound', 'gone');
    const outcomes = await Promise.allSettled([
      bench.write(hire('ann')),
      bench.write(() => Promise.reject(refusal)),
      bench.write(hire('bob')),
    ]);
    expect(outcomes[1]).toEqual({ status: 'rejected', reason: refusal });
    expect(bench.unitOfWork.counts.flushesTotal).toBe(1);
    expect(await hired()).toEqual(['ann', 'bob']);
  });

  it('changes nothing when one is refused after it has written', async () => {
    const refusal = new ProblemError('WorkerNotFound', 'gone');
    const outcomes = await Promise.allSettled([bench.write(hire('ann')), bench.write(hire('bad', () => Promise.reject(refusal)))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await hired()).toEqual(['ann']);
  });

  it('publishes, wakes and answers after the commit, in this order', async () => {
    const story: string[] = [];
    const { sessionMaker } = bench.database;
    const telling: SessionMaker = {
      transaction: async (work) => {
        const outcome = await sessionMaker.transaction(work);
        story.push('committed');
        return outcome;
      },
      read: (work) => sessionMaker.read(work),
    };
    const publisher: EventPublisher = {
      publish: (events) => Promise.resolve(void story.push(`published ${events.map(({ room }) => room).join(' ')}`)),
    };
    const wakeUps: WakeUps = { notify: (topic) => void story.push(`woke ${topic}`), subscribe: () => () => undefined };
    const unitOfWork = new UnitOfWork(telling, publisher, wakeUps);
    const said = unitOfWork.run(
      hire('ann', (tx) => {
        story.push('written');
        tx.notifyAfterCommit('links:ann');
        tx.emitAfterCommit(LIST_OF_LAB);
      }),
    );
    await said.then(() => story.push('answered'));
    expect(story).toEqual(['written', 'committed', 'published room:lab', 'woke links:ann', 'answered']);
  });

  it('tells nothing of what was rolled back', async () => {
    const woken = jest.fn();
    bench.wakeUps.subscribe('links:bad', woken);
    const bad = hire('bad', (tx) => {
      tx.emitAfterCommit({ ...LIST_OF_LAB, room: 'room:bad' });
      tx.notifyAfterCommit('links:bad');
      throw new Error('broken');
    });
    const good = hire('good', (tx) => tx.emitAfterCommit(LIST_OF_LAB));
    await Promise.allSettled([bench.write(good), bench.write(bad)]);
    expect(bench.events).toEqual([LIST_OF_LAB]);
    expect(woken).not.toHaveBeenCalled();
  });

  it('says the same to the same room once, however many of a group say it', async () => {
    const tell = hire('ann', (tx) => tx.emitAfterCommit(LIST_OF_LAB, { ...LIST_OF_LAB, room: 'room:attic' }, LIST_OF_LAB));
    await Promise.all([bench.write(tell), bench.write(tell)]);
    expect(bench.events).toEqual([LIST_OF_LAB, { ...LIST_OF_LAB, room: 'room:attic' }]);
    await bench.write(tell);
    expect(bench.events.length).toBe(4);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('nobody listens'))],
    [
      'throws',
      () => {
        throw new Error('nobody listens');
      },
    ],
  ])('keeps and answers what was committed when the publisher %s, and logs it', async (_, publish) => {
    const unitOfWork = new UnitOfWork(bench.database.sessionMaker, { publish }, bench.wakeUps);
    const work = jest.fn(hire('ann', (tx) => tx.emitAfterCommit(LIST_OF_LAB)));
    await Promise.all([unitOfWork.run(work), unitOfWork.run(hire('bob'))]);
    await turn();
    expect(work).toHaveBeenCalledTimes(1);
    expect(await hired()).toEqual(['ann', 'bob']);
    expect(logged.mock.calls.map(([message]) => String(message))).toEqual([expect.stringContaining('nobody listens')]);
  });

  it('keeps and answers what was committed when a listener throws, and logs it', async () => {
    bench.wakeUps.subscribe('links:ann', () => {
      throw new Error('deaf');
    });
    const work = jest.fn(hire('ann', (tx) => tx.notifyAfterCommit('links:ann')));
    await Promise.all([bench.write(work), bench.write(hire('bob'))]);
    expect(work).toHaveBeenCalledTimes(1);
    expect(await hired()).toEqual(['ann', 'bob']);
    expect(logged.mock.calls.map(([message]) => String(message))).toEqual([expect.stringContaining('deaf')]);
  });
});
