import type { TaskView, WorkerSummary, Page } from '@joblib/contract';
import { INTERNAL_REGISTRY } from '@joblib/nestjs';
import type { InternalJob, InternalJobContext } from '@joblib/nestjs';

import type { JoblibAppOptions } from '../support/joblib-app.js';
import { until } from '../support/until.js';
import { Scene, bodyOf } from './scene.js';

/** A job that a test ends by hand. */
export const COUNT = '@internal:analysis:Count';

/** One run of a job, in the hands of the test. */
export interface GatedRun {
  readonly context: InternalJobContext;
  readonly complete: (result: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** A job whose runs go on until the test ends them. */
export class GatedJob implements InternalJob {
  /** In the order in which they began. */
  readonly runs: GatedRun[] = [];

  constructor(readonly schema: Record<string, unknown> = {}) {}

  run(context: InternalJobContext): Promise<unknown> {
    return new Promise((complete, fail) => this.runs.push({ context, complete, fail }));
  }

  /** A server that stops waits for its runs. */
  endAll(): void {
    for (const { complete } of this.runs) complete(null);
  }

  /** The run of a task, once it has begun. */
  async of(taskId: string): Promise<GatedRun> {
    const ofTask = ({ context }: GatedRun): boolean => context.taskId === taskId;
    await until(`the run of ${taskId}`, () => this.runs.some(ofTask));
    return this.runs.find(ofTask) as GatedRun;
  }
}

/** A server that runs these jobs. */
export function startWithJobs(jobs: Record<string, InternalJob>, options: JoblibAppOptions = {}): Promise<Scene> {
  const registry = { jobs: new Map(Object.entries(jobs)) };
  return Scene.start({ ...options, overrides: [{ provide: INTERNAL_REGISTRY, useValue: registry }, ...(options.overrides ?? [])] });
}

/** A pending task that `sue` submitted. */
export async function submit(scene: Scene, payload: unknown = {}, fullName = COUNT, room = 'lab'): Promise<TaskView> {
  return bodyOf(202, await scene.sue.submit(room, fullName, payload));
}

/** The task, once it has ended. */
export async function ended(scene: Scene, { id }: TaskView): Promise<TaskView> {
  return bodyOf(200, await scene.sue.task(id, { prefer: 'wait=20' }));
}

/** The only one that serves `@internal` jobs. */
export async function serverWorker(scene: Scene): Promise<WorkerSummary> {
  const { items } = bodyOf(200, await scene.sue.call<Page<WorkerSummary>>('GET', '/rooms/@internal/workers'));
  const [worker] = items;
  if (worker === undefined || items.length > 1) throw new Error(`One worker was expected, not ${items.length}.`);
  return worker;
}
