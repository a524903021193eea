import type { TaskView } from '@joblib/contract';

import type { ExtensionBinding } from '../extension/extension-binding.js';
import type { AnyExtension } from '../extension/extension.js';
import type { RunContext } from '../extension/run-context.js';
import type { CallOptions, JoblibApi } from '../http/joblib-api.js';
import { sentenceOf } from '../logger.js';
import type { ClientLogger } from '../logger.js';
import type { ActiveTasks } from './active-tasks.js';
import { ClaimedTask } from './claimed-task.js';
import { ProgressReports } from './progress-reports.js';
import type { TaskReports } from './task-reports.js';

/** A job that this worker does. */
export interface RegisteredExtension {
  readonly extension: AnyExtension;
  readonly binding: ExtensionBinding;
  readonly context: unknown;
  readonly roomId: string;
}

export interface ClaimsOptions {
  readonly api: JoblibApi;
  readonly reports: TaskReports;
  readonly active: ActiveTasks;
  readonly logger: ClientLogger;
  readonly jobs: ReadonlyMap<string, RegisteredExtension>;
  readonly handlers: () => ReadonlyMap<string, unknown>;
}

/** Tasks that were taken from the server. */
export interface Claimed {
  readonly tasks: readonly ClaimedTask[];
  /** How many of those that were taken cannot be done; they have been reported as failed. */
  readonly unfit: number;
}

/** Claims tasks and makes them ready to run. */
export class Claims {
  readonly #progress = new WeakMap<ClaimedTask, ProgressReports>();

  constructor(private readonly options: ClaimsOptions) {}

  /** A task whose payload breaks its schema is reported as failed, with the names of the fields. */
  async claim(workerId: string, maxTasks: number, options: CallOptions): Promise<Claimed> {
    const views = await this.options.api.claim(workerId, maxTasks, options);
    const prepared = await Promise.all(views.map((view) => this.#prepare(view, options.signal)));
    const tasks = prepared.filter((task) => task !== null);
    return { tasks, unfit: views.length - tasks.length };
  }

  /** No progress of this task arrives after this has resolved. */
  async closeProgress(task: ClaimedTask): Promise<void> {
    await this.#progress.get(task)?.close();
  }

  async #prepare(view: TaskView, until: AbortSignal | undefined): Promise<ClaimedTask | null> {
    const { jobs, reports, logger, active } = this.options;
    const signal = active.add(view.id);
    try {
      const job = jobs.get(view.job_name);
      if (job === undefined) throw new Error(`This worker has no code for '${view.job_name}'.`);
      const payload = await job.binding.check(view.payload);
      return this.#make(view, job, payload, signal);
    } catch (error) {
      logger.error(`Task ${view.id} of ${view.job_name} cannot be run: ${sentenceOf(error)}`);
      await reports.fail(view.id, sentenceOf(error), until).catch((refusal: unknown) => {
        logger.error(`Task ${view.id} could not be reported as failed: ${sentenceOf(refusal)}`);
      });
      return null;
    }
  }

  #make(view: TaskView, { binding, context }: RegisteredExtension, payload: unknown, signal: AbortSignal): ClaimedTask {
    const progress = new ProgressReports((latest) => this.options.reports.progress(view.id, latest, signal));
    const run: RunContext = {
      payload,
      task: view,
      signal,
      progress: (latest) => progress.report(latest),
      context,
      handlers: this.options.handlers(),
    };
    const task = new ClaimedTask({ view, binding, run });
    this.#progress.set(task, progress);
    return task;
  }
}
