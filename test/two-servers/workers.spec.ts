import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Sweeper, postgresDataSourceOptions } from '@joblib/nestjs';

import { race } from '../support/race.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibUser } from '../support/joblib-user.js';
import { createBarePostgresDatabase } from '../support/postgres-databases.js';
import { TwoServers } from './two-servers.js';

const GAPS = [-8, -3, -1, 0, 0, 0, 1, 3, 8];

let servers: TwoServers;
let alice: readonly [JoblibUser, JoblibUser];
let bob: readonly [JoblibUser, JoblibUser];
beforeAll(async () => {
  servers = await TwoServers.start();
  [alice, bob] = [servers.user('alice'), servers.user('bob')];
});
afterAll(() => servers.close());

let names = 0;

function aName(): string {
  names += 1;
  return `lab:modifiers:Job ${names}`;
}

async function workersOf(fullName: string): Promise<readonly string[] | null> {
  const { status, body } = await alice[0].call<{ workers: string[] }>('GET', `/rooms/lab/jobs/${encodeURIComponent(fullName)}`);
  return status === 404 ? null : body.workers;
}

/** Has bob submit a task on the other server, and alice complete it. */
async function workOffOne(fullName: string, workerId: string): Promise<void> {
  const { body: task } = await bob[1].submit('lab', fullName);
  await alice[0].claim(workerId);
  await alice[0].report(task.id, 'running');
  await alice[0].report(task.id, 'completed');
}

describe('registrations of one job on two servers', () => {
  it('make one job with two workers: one is 201, the other 200', async () => {
    for (const gap of GAPS) {
      const fullName = aName();
      const [one, other] = await race(
        gap,
        () => alice[0].register(fullName),
        () => bob[1].register(fullName),
      );
      expect([one.status, other.status].sort()).toEqual([200, 201]);
      expect(one.body.id).toBe(other.body.id);
      expect([...((await workersOf(fullName)) ?? [])].sort()).toEqual([one.body.worker_id, other.body.worker_id].sort());
    }
  });

  it('with different schemas make the first one, refuse the other with 409 and leave no worker behind', async () => {
    for (const gap of GAPS) {
      const fullName = aName();
      const before = await servers.count('joblib_worker');
      const answers = await race(
        gap,
        () => alice[0].register(fullName, { schema: { type: 'object' } }),
        () => bob[1].register(fullName, { schema: { type: 'array' } }),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      expect((await servers.count('joblib_worker')) - before).toBe(1);
    }
  });
});

describe('the clean-up of a worker on one server', () => {
  it('against a claim on the other leaves no task in its hands', async () => {
    for (const gap of GAPS) {
      const fullName = aName();
      const { body: job } = await alice[0].register(fullName);
      const { body: task } = await bob[1].submit('lab', fullName);
      const [removed, claimed] = await race(
        gap,
        () => alice[0].removeWorker(job.worker_id),
        () => alice[1].claim(job.worker_id),
      );
      expect(removed.status).toBe(204);
      expect([200, 404]).toContain(claimed.status);
      const isTaken = claimed.status === 200 && claimed.body.task !== null;
      const expected = isTaken ? { status: 'failed', error: 'Worker disconnected', attempt: 1 } : { status: 'pending', attempt: 0 };
      expect((await bob[0].task(task.id)).body).toMatchObject(expected);
    }
  });

  it('against a registration with it on the other leaves no link behind', async () => {
    for (const gap of GAPS) {
      const fullName = aName();
      const { body: worker } = await alice[0].createWorker();
      const [removed, registered] = await race(
        gap,
        () => alice[0].removeWorker(worker.id),
        () => alice[1].register(fullName, { workerId: worker.id }),
      );
      expect(removed.status).toBe(204);
      expect([201, 404]).toContain(registered.status);
      expect(await workersOf(fullName)).toBeNull();
      expect(await servers.count(`joblib_worker_job WHERE worker_id = '${worker.id}'`)).toBe(0);
    }
  });

  it('against a registration of somebody else leaves a live job with the new worker alone', async () => {
    for (const gap of GAPS) {
      const fullName = aName();
      const { body: old } = await alice[0].register(fullName);
      const [removed, registered] = await race(
        gap,
        () => alice[0].removeWorker(old.worker_id),
        () => bob[1].register(fullName),
      );
      expect(removed.status).toBe(204);
      expect([200, 201]).toContain(registered.status);
      expect(await workersOf(fullName)).toEqual([registered.body.worker_id]);
    }
  });

  it.each([
    ['has not met the job', () => Promise.resolve()],
    ['has met the job before', workOffOne],
  ])('against a submit on the other, which %s: the job lives on with its task, or was not found', async (_, meet) => {
    for (const gap of GAPS) {
      const fullName = aName();
      const { body: job } = await alice[0].register(fullName);
      await meet(fullName, job.worker_id);
      const [removed, submitted] = await race(
        gap,
        () => alice[0].removeWorker(job.worker_id),
        () => bob[1].submit('lab', fullName),
      );
      expect(removed.status).toBe(204);
      expect([202, 404]).toContain(submitted.status);
      expect(await workersOf(fullName)).toEqual(submitted.status === 202 ? [] : null);
    }
  });

  it('on both at once happens once', async () => {
    for (const gap of GAPS) {
      const fullName = aName();
      const { body: job } = await alice[0].register(fullName);
      const { body: task } = await bob[0].submit('lab', fullName);
      await alice[1].claim(job.worker_id);
      const answers = await race(
        gap,
        () => alice[0].removeWorker(job.worker_id),
        () => alice[1].removeWorker(job.worker_id),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
      expect(servers.told(task.id, 'failed')).toBe(1);
    }
  });

  it('against the end of its task on the other: one of them ends it', async () => {
    for (const gap of GAPS) {
      const fullName = aName();
      const { body: job } = await alice[0].register(fullName);
      const { body: task } = await bob[0].submit('lab', fullName);
      await alice[1].claim(job.worker_id);
      await alice[1].report(task.id, 'running');
      const [removed, completed] = await race(
        gap,
        () => alice[0].removeWorker(job.worker_id),
        () => alice[1].report(task.id, 'completed', { result: 42 }),
      );
      expect(removed.status).toBe(204);
      expect([200, 409]).toContain(completed.status);
      const status = completed.status === 200 ? 'completed' : 'failed';
      expect((await bob[0].task(task.id)).body).toMatchObject({ status });
      expect(servers.told(task.id, 'completed') + servers.told(task.id, 'failed')).toBe(1);
    }
  });
});

describe('a job that one server has met', () => {
  it('is not found there when another has retired it, and found when it is back', async () => {
    const fullName = aName();
    const { body: job } = await alice[0].register(fullName);
    const { body: task } = await bob[1].submit('lab', fullName);
    await alice[0].claim(job.worker_id);
    await alice[0].removeWorker(job.worker_id);
    const submissions = () => Promise.all([1, 2, 3].map(() => bob[1].submit('lab', fullName)));
    expect((await submissions()).map(({ status }) => status)).toEqual([404, 404, 404]);
    expect((await alice[0].register(fullName)).status).toBe(201);
    const accepted = await submissions();
    expect(accepted.map(({ status, body }) => [status, body.queue_position])).toEqual([
      [202, 1],
      [202, 2],
      [202, 3],
    ]);
    expect(accepted.map(({ body }) => body.id)).not.toContain(task.id);
  });
});

describe('two sweepers', () => {
  it('clean up every silent worker once between them, whoever has the lease', async () => {
    const all: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const fullName = aName();
      const { body: job } = await alice[0].register(fullName);
      const { body: task } = await bob[0].submit('lab', fullName);
      await alice[0].claim(job.worker_id);
      all.push(task.id);
    }
    servers.clock.advance(3600);
    const workers = await servers.count('joblib_worker');
    const swept = await race(
      0,
      () => servers.one.app.get(Sweeper).sweepOnce(),
      () => servers.other.app.get(Sweeper).sweepOnce(),
    );
    expect(swept.map((each) => each.workers).sort((left, right) => left - right)).toEqual([0, workers]);
    for (const id of all) expect(servers.told(id, 'failed')).toBe(1);
    expect(await servers.count('joblib_worker')).toBe(0);
  });
});

describe('two servers that start at once', () => {
  it('make the tables of an empty database once, and both serve', async () => {
    const { url, drop } = await createBarePostgresDatabase();
    const database = { options: () => postgresDataSourceOptions(url), remove: drop };
    const started = await Promise.all([startJoblib({ database }), startJoblib({ database })]);
    try {
      for (const { dataSource } of started) expect(await dataSource.showMigrations()).toBe(false);
    } finally {
      await Promise.all(started.map((server) => server.close()));
      await drop();
    }
  });
});
