import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { emptyTables } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { race } from '../support/race.js';

const GAPS = [-5, -3, -2, -1, 0, 0, 0, 1, 2, 3, 5];

let server: JoblibApp;
let alice: JoblibUser;
let bob: JoblibUser;

beforeAll(async () => {
  server = await startJoblib();
  [alice, bob] = [new JoblibUser(server.origin, 'alice'), new JoblibUser(server.origin, 'bob')];
});
afterAll(() => server.close());
beforeEach(() => emptyTables(server.dataSource));

async function workersOf(fullName: string): Promise<string[]> {
  return (await alice.call<{ workers: string[] }>('GET', `/rooms/lab/jobs/${fullName}`)).body.workers;
}

async function rowsNamed(name: string): Promise<number> {
  return (await server.dataSource.query<unknown[]>(`SELECT id FROM joblib_job WHERE name = '${name}'`)).length;
}

describe('two registrations of one job at once', () => {
  it('make one job with two workers: one is 201, the other 200', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const fullName = `lab:modifiers:Twin${index}`;
      const [one, two] = await race(
        gap,
        () => alice.register(fullName, { schema: { type: 'object' } }),
        () => bob.register(fullName, { schema: { type: 'object' } }),
      );
      expect([one.status, two.status].sort()).toEqual([200, 201]);
      expect(one.body.id).toBe(two.body.id);
      expect([...(await workersOf(fullName))].sort()).toEqual([one.body.worker_id, two.body.worker_id].sort());
      expect(await rowsNamed(`Twin${index}`)).toBe(1);
    }
  });

  it('link one worker once when it is the same', async () => {
    const { body: worker } = await alice.createWorker();
    const answers = await Promise.all(Array.from({ length: 10 }, () => alice.register('lab:modifiers:Same', { workerId: worker.id })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 200, 201]);
    expect(await workersOf('lab:modifiers:Same')).toEqual([worker.id]);
  });

  it('with different schemas make the first one, refuse the other with 409 and leave no worker behind', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const fullName = `lab:modifiers:Differ${index}`;
      const before = await countWorkers();
      const schemas = [{ type: 'object' }, { type: 'object', required: ['angle'] }] as const;
      const answers = await race(
        gap,
        () => alice.register(fullName, { schema: schemas[0] }),
        () => bob.register(fullName, { schema: schemas[1] }),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      const winner = answers.findIndex(({ status }) => status === 201);
      const { body } = await alice.call<{ schema: unknown; workers: string[] }>('GET', `/rooms/lab/jobs/${fullName}`);
      expect(body).toMatchObject({ schema: schemas[winner], workers: [answers[winner]?.body.worker_id] });
      expect((await countWorkers()) - before).toBe(1);
    }
  });
});

describe('a registration against the clean-up of the last worker', () => {
  it('leaves a live job with the new worker alone, whoever was first', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const fullName = `lab:modifiers:Last${index}`;
      const { body: old } = await alice.register(fullName);
      const [removed, registered] = await race(
        gap,
        () => alice.removeWorker(old.worker_id),
        () => bob.register(fullName),
      );
      expect(removed.status).toBe(204);
      expect([200, 201]).toContain(registered.status);
      expect(registered.body.id).toBe(old.id);
      expect(registered.body.workers).toEqual(
        registered.status === 200 ? [old.worker_id, registered.body.worker_id] : [registered.body.worker_id],
      );
      expect(await workersOf(fullName)).toEqual([registered.body.worker_id]);
    }
  });

  it('with another schema is refused before it and a new job after it', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const fullName = `lab:modifiers:Change${index}`;
      const { body: old } = await alice.register(fullName);
      const [, registered] = await race(
        gap,
        () => alice.removeWorker(old.worker_id),
        () => bob.register(fullName, { schema: { type: 'object' } }),
      );
      const { status, body } = await bob.call<{ schema: unknown }>('GET', `/rooms/lab/jobs/${fullName}`);
      if (registered.status === 409) expect(status).toBe(404);
      else expect([registered.status, status, body.schema]).toEqual([201, 200, { type: 'object' }]);
    }
  });

  it('with the worker that goes is refused after it and undone by it', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const fullName = `lab:modifiers:Own${index}`;
      const { body: worker } = await alice.createWorker();
      const [removed, registered] = await race(
        gap,
        () => alice.removeWorker(worker.id),
        () => alice.register(fullName, { workerId: worker.id }),
      );
      expect(removed.status).toBe(204);
      expect([201, 404]).toContain(registered.status);
      expect((await alice.call('GET', `/rooms/lab/jobs/${fullName}`)).status).toBe(404);
      const links = await server.dataSource.query<unknown[]>(`SELECT * FROM joblib_worker_job WHERE worker_id = '${worker.id}'`);
      expect(links).toEqual([]);
    }
  });
});

describe('a submit against the clean-up of the last worker', () => {
  it('either comes first and keeps the job alive, or finds no job', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const fullName = `lab:modifiers:Submit${index}`;
      const { body: job } = await alice.register(fullName);
      const [, submitted] = await race(
        gap,
        () => alice.removeWorker(job.worker_id),
        () => bob.submit('lab', fullName),
      );
      expect([202, 404]).toContain(submitted.status);
      const { status } = await alice.call('GET', `/rooms/lab/jobs/${fullName}`);
      expect(status).toBe(submitted.status === 202 ? 200 : 404);
    }
  });

  it('and a cancel of the last pending task leave no live job without both', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const fullName = `lab:modifiers:Orphan${index}`;
      const { body: job } = await alice.register(fullName);
      const { body: task } = await bob.submit('lab', fullName);
      const [removed, cancelled] = await race(
        gap,
        () => alice.removeWorker(job.worker_id),
        () => bob.report(task.id, 'cancelled'),
      );
      expect([removed.status, cancelled.status]).toEqual([204, 200]);
      expect((await alice.call('GET', `/rooms/lab/jobs/${fullName}`)).status).toBe(404);
    }
  });
});

async function countWorkers(): Promise<number> {
  return (await alice.call<{ total: number }>('GET', '/workers?limit=0')).body.total;
}
