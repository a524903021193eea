import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { ClaimGates } from '../../libs/nestjs/src/persistence/index.js';
import { ClaimTasks } from '../../libs/nestjs/src/tasks/index.js';
import { claimsHeld } from '../support/until.js';
import { COUNT, GatedJob, ended, startWithJobs, submit } from './internal-scene.js';
import { bodyOf } from './scene.js';
import type { Scene } from './scene.js';

const OTHER = '@internal:analysis:Other';

describe('jobs that the server runs itself', () => {
  const job = new GatedJob();
  let scene: Scene;
  let gates: ClaimGates;

  beforeAll(async () => {
    scene = await startWithJobs({ [COUNT]: job, [OTHER]: { run: () => Promise.resolve(1) } });
    gates = scene.server.app.get(ClaimGates);
    jest.spyOn(scene.server.app.get(ClaimTasks), 'withPending').mockResolvedValue([]);
  });

  afterAll(async () => {
    job.endAll();
    await scene.close();
  });

  it('wait while they are closed, others do not, and are run by themselves once they open', async () => {
    await claimsHeld(scene.server, 1);
    gates.set(new Set([COUNT]));
    const tasks = [await submit(scene), await submit(scene)];
    const other = await submit(scene, {}, OTHER);
    expect(await ended(scene, other)).toMatchObject({ status: 'completed', result: 1 });
    for (const { id } of tasks) expect(bodyOf(200, await scene.sue.task(id))).toMatchObject({ status: 'pending' });
    expect(job.runs).toEqual([]);
    gates.set(new Set());
    for (const task of tasks) {
      (await job.of(task.id)).complete(2);
      expect(await ended(scene, task)).toMatchObject({ status: 'completed', result: 2, attempt: 1 });
    }
  });

  it('run to their end when they are closed meanwhile', async () => {
    const task = await submit(scene);
    const run = await job.of(task.id);
    gates.set(new Set([COUNT]));
    const next = await submit(scene);
    run.complete(3);
    expect(await ended(scene, task)).toMatchObject({ status: 'completed', result: 3 });
    await claimsHeld(scene.server, 1);
    expect(bodyOf(200, await scene.sue.task(next.id)).status).toBe('pending');
    gates.set(new Set());
    (await job.of(next.id)).complete(4);
    expect(await ended(scene, next)).toMatchObject({ status: 'completed', result: 4 });
  });
});
