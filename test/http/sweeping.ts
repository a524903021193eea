import { Sweeper } from '@joblib/nestjs';
import type { Swept } from '@joblib/nestjs';
import type { TaskView } from '@joblib/contract';

import { bodyOf } from './scene.js';
import type { Scene } from './scene.js';

/** What a sweep counts when there is nothing to do. */
export const NOTHING: Swept = {
  workers: 0,
  stuckInternalTasks: 0,
  putBackTasks: 0,
  orphanJobs: 0,
  expiredKeys: 0,
  expiredTasks: 0,
  expiredDeliveries: 0,
};

/** One sweep, at once. */
export function sweep({ server }: Scene): Promise<Swept> {
  return server.app.get(Sweeper).sweepOnce();
}

/** Ids of all workers that there are. */
export async function workerIds({ ann }: Scene): Promise<string[]> {
  return bodyOf(200, await ann.call<{ items: { id: string }[] }>('GET', '/workers')).items.map(({ id }) => id);
}

/** The task as it is now. */
export async function taskOf({ sue }: Scene, { id }: TaskView): Promise<TaskView> {
  return bodyOf(200, await sue.task(id));
}
