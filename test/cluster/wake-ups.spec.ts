import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { TaskStore } from '../../libs/nestjs/src/persistence/index.js';
import { ClaimTasks } from '../../libs/nestjs/src/tasks/index.js';
import { redisMissing } from '../support/redis-server.js';
import { claimsHeld, pollsHeld, until } from '../support/until.js';
import { Cluster, becauseOfRedis } from './cluster.js';

const HELD = { prefer: 'wait=30' };

let jobs = 0;

(redisMissing === null ? describe : describe.skip)(`wake-ups between two servers${becauseOfRedis}`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster.close());

  /** A worker of root's, and its job that nobody else has to do with. */
  async function aWorker(): Promise<{ fullName: string; workerId: string }> {
    const fullName = `lab:modifiers:Job ${(jobs += 1)}`;
    return { fullName, workerId: (await cluster.here.user('root').register(fullName)).body.worker_id };
  }

  describe('while no server looks by itself', () => {
    beforeAll(() => {
      for (const { app } of [cluster.here, cluster.there]) {
        jest.spyOn(app.get(ClaimTasks, { strict: false }), 'withPending').mockResolvedValue([]);
        jest.spyOn(app.get(TaskStore, { strict: false }), 'findSettled').mockResolvedValue([]);
      }
    });
    afterAll(() => {
      jest.restoreAllMocks();
    });

    it('let a submit on one answer a claim that is held on the other', async () => {
      const { here, there } = cluster;
      const { fullName, workerId } = await aWorker();
      const held = there.user('root').claim(workerId, {}, HELD);
      await claimsHeld(there, 1);
      const { id } = (await here.user('sue').submit('lab', fullName)).body;
      expect((await held).body.task?.id).toBe(id);
    });

    it('let a batch of one turn answer as many held claims as it has tasks', async () => {
      const { here, there } = cluster;
      const { fullName, workerId } = await aWorker();
      const held = Array.from({ length: 10 }, () => there.user('root').claim(workerId, {}, HELD));
      await claimsHeld(there, 10);
      const path = `/rooms/lab/tasks/${encodeURIComponent(fullName)}/batch`;
      await here.user('sue').call('POST', path, { payloads: Array.from({ length: 10 }, () => ({})) });
      const given = (await Promise.all(held)).map(({ body }) => body.task?.id);
      expect(given).not.toContain(undefined);
      expect(new Set(given).size).toBe(10);
    });

    it('let a report on one answer a task that is read on the other', async () => {
      const { here, there } = cluster;
      const { fullName, workerId } = await aWorker();
      const { id } = (await here.user('sue').submit('lab', fullName)).body;
      await here.user('root').claim(workerId);
      const held = there.user('sue').task(id, HELD);
      await pollsHeld(there, 1);
      await here.user('root').report(id, 'running');
      await here.user('root').report(id, 'completed', { result: 1 });
      expect((await held).body).toMatchObject({ status: 'completed', result: 1 });
    });

    it('let a registration on one give the held claim of a worker on the other its new job', async () => {
      const { here, there } = cluster;
      const { workerId } = await aWorker();
      const held = there.user('root').claim(workerId, {}, HELD);
      await claimsHeld(there, 1);
      const fullName = `lab:modifiers:Job ${(jobs += 1)}`;
      await here.user('ann').register(fullName);
      const { id } = (await here.user('sue').submit('lab', fullName)).body;
      await here.user('root').register(fullName, { workerId });
      expect((await held).body.task?.id).toBe(id);
    });

    it('that come back to where they were made wake nobody a second time', async () => {
      const { here } = cluster;
      const { fullName, workerId } = await aWorker();
      const looks = jest.spyOn(here.app.get(ClaimTasks, { strict: false }), 'claim');
      const held = [0, 1].map(() => here.user('root').claim(workerId, {}, HELD));
      await claimsHeld(here, 2);
      // Each looks once more after it has begun to wait; what comes meanwhile is handed out without waking anybody.
      await until('both to have looked twice', () => looks.mock.calls.length === 4);
      await Promise.all(looks.mock.results.map(({ value }) => value));
      looks.mockClear();
      await here.user('sue').submit('lab', fullName);
      await Promise.race(held);
      // A message that is behind the first one on the same connection.
      await here.socketsIn('nobody');
      expect(looks).toHaveBeenCalledTimes(1);
      await here.user('sue').submit('lab', fullName);
      await Promise.all(held);
    });
  });

  it('that are lost cost no more than the servers’ own looks', async () => {
    const { here, there, redis } = cluster;
    const { fullName, workerId } = await aWorker();
    const { id } = (await here.user('sue').submit('lab', fullName)).body;
    await there.user('root').claim(workerId);
    const claim = there.user('root').claim(workerId, {}, HELD);
    const poll = there.user('sue').task(id, HELD);
    await claimsHeld(there, 1);
    await pollsHeld(there, 1);
    await redis.kill();
    const next = (await here.user('sue').submit('lab', fullName)).body.id;
    await here.user('root').report(id, 'failed', { error: 'broken' });
    expect((await claim).body.task?.id).toBe(next);
    expect((await poll).body).toMatchObject({ status: 'failed', error: 'broken' });
    await redis.start();
    await cluster.connected();
  });

  it('that are lost and told of a new job cost a claim no more than its wait: it looks once more at its end', async () => {
    const { here, there, redis } = cluster;
    const { workerId } = await aWorker();
    await redis.kill();
    const held = there.user('root').claim(workerId, {}, { prefer: 'wait=1' });
    await claimsHeld(there, 1);
    const fullName = `lab:modifiers:Job ${(jobs += 1)}`;
    await here.user('root').register(fullName, { workerId });
    const { id } = (await here.user('sue').submit('lab', fullName)).body;
    expect((await held).body.task?.id).toBe(id);
    await redis.start();
    await cluster.connected();
  });

  it('work again after Redis came back', async () => {
    const { here, there } = cluster;
    const { fullName, workerId } = await aWorker();
    const looks = jest.spyOn(there.app.get(ClaimTasks, { strict: false }), 'withPending').mockResolvedValue([]);
    const held = there.user('root').claim(workerId, {}, HELD);
    await claimsHeld(there, 1);
    const { id } = (await here.user('sue').submit('lab', fullName)).body;
    expect((await held).body.task?.id).toBe(id);
    looks.mockRestore();
  });
});
