import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { JoblibUser } from '../support/joblib-user.js';
import { serviceUser } from '../faults/service-users.js';
import { createPostgresDatabase } from '../support/postgres-databases.js';
import { ServiceCluster } from './service-cluster.js';

const JOBS = ['@global:modifiers:One', '@global:modifiers:Two'];

let servers: ServiceCluster;
let here: JoblibUser;
let there: JoblibUser;
beforeAll(async () => {
  servers = await ServiceCluster.start(2, { DATABASE_URL: (await createPostgresDatabase()).url });
  [here, there] = [await serviceUser(servers.address(0), 'root', true), await serviceUser(servers.address(1), 'root', true)];
});
afterAll(() => servers.clear());

describe('claims on two servers for workers of two jobs', () => {
  it('never get a task while an older one of its job is pending until after they were answered', async () => {
    for (const job of JOBS) await here.register(job);
    for (let round = 0; round < 100; round += 1) {
      for (const job of JOBS) await here.call('POST', `/rooms/lab/tasks/${encodeURIComponent(job)}/batch`, { payloads: [{}] });
    }
    let tick = 0;
    const given: { id: string; job: string; from: number; to: number }[] = [];
    const claimAll = async (user: JoblibUser): Promise<void> => {
      const { body: worker } = await user.createWorker();
      for (const job of JOBS) await user.register(job, { workerId: worker.id });
      for (;;) {
        const from = (tick += 1);
        const { body } = await user.claim(worker.id);
        if (body.task === null) return;
        given.push({ id: body.task.id, job: body.task.job_name, from, to: (tick += 1) });
      }
    };
    await Promise.all(Array.from({ length: 6 }, (_, index) => claimAll(index % 2 === 0 ? here : there)));
    const overtaken = given.filter((claim) =>
      given.some((older) => older.job === claim.job && older.id < claim.id && older.from > claim.to),
    );
    expect(overtaken).toEqual([]);
  });
});
