import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClaimAnswer, TaskView } from '@joblib/contract';

import { UnitOfWork } from '../../libs/nestjs/src/persistence/index.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import type { Answer } from '../support/joblib-user.js';
import { turns } from '../support/race.js';
import { claimsHeld, until } from '../support/until.js';

const JOB = 'lab:modifiers:One';

describe('a task that somebody waits for', () => {
  let server: JoblibApp;
  let worker: JoblibUser;
  let bob: JoblibUser;
  let workerId: string;

  beforeAll(async () => {
    server = await startJoblib();
    [worker, bob] = [new JoblibUser(server.origin, 'wendy'), new JoblibUser(server.origin, 'bob')];
    workerId = (await worker.createWorker()).body.id;
    await worker.register(JOB, { workerId });
    // From now on the server knows which job the name means.
    await bob.submit('lab', JOB);
    await worker.claim(workerId);
  });
  afterAll(() => server.close());
  beforeEach(() => claimsHeld(server, 0));

  async function holdClaims(count: number): Promise<Promise<Answer<ClaimAnswer>>[]> {
    const held: Promise<Answer<ClaimAnswer>>[] = [];
    const looks = (): number => server.app.get(UnitOfWork).counts.flushedOperationsTotal;
    const before = looks();
    for (let number = 1; number <= count; number += 1) {
      held.push(worker.claim(workerId, {}, { prefer: 'wait=20' }));
      await claimsHeld(server, number);
    }
    // Each looks once more after it has begun to wait.
    await until('all to have looked twice', () => looks() >= before + 2 * count);
    return held;
  }

  async function endOf(held: readonly Promise<Answer<ClaimAnswer>>[]): Promise<(string | undefined)[]> {
    return (await Promise.all(held)).map(({ body }) => body.task?.id);
  }

  it('is stored and handed out in one transaction, and nobody else looks for it', async () => {
    const held = await holdClaims(3);
    const before = server.app.get(UnitOfWork).counts;
    const { body } = await bob.submit('lab', JOB);
    expect(body).toMatchObject({ status: 'pending', queue_position: 1 });
    const given = await Promise.race(held);
    expect(given.body.task).toMatchObject({ id: body.id, status: 'claimed', attempt: 1 });
    await turns(50);
    const { flushesTotal, flushedOperationsTotal, taskChangesTotal } = server.app.get(UnitOfWork).counts;
    expect([flushesTotal - before.flushesTotal, flushedOperationsTotal - before.flushedOperationsTotal]).toEqual([1, 2]);
    expect(taskChangesTotal.claimed - before.taskChangesTotal.claimed).toBe(1);
    await claimsHeld(server, 2);
    const more = [await bob.submit('lab', JOB), await bob.submit('lab', JOB)];
    expect((await endOf(held)).toSorted()).toEqual([body.id, ...more.map((one) => one.body.id)].toSorted());
  });

  it('goes to each of those who wait, when several come at once; what is left waits', async () => {
    const held = await holdClaims(2);
    const path = `/rooms/lab/tasks/${encodeURIComponent(JOB)}/batch`;
    const { body } = await bob.call<{ items: TaskView[] }>('POST', path, { payloads: [{}, {}, {}] });
    const [first, second, third] = body.items.map(({ id }) => id);
    expect((await endOf(held)).toSorted()).toEqual([first, second].toSorted());
    expect((await worker.claim(workerId)).body.task?.id).toBe(third);
  });

  it('leaves them waiting when it is refused', async () => {
    const held = await holdClaims(1);
    expect((await bob.submit('attic', JOB)).status).toBe(404);
    await turns(50);
    await claimsHeld(server, 1);
    const { body } = await bob.submit('lab', JOB);
    expect(await endOf(held)).toEqual([body.id]);
  });
});
