import { ProblemError } from '@joblib/contract';
import type { Progress } from '@joblib/contract';

import { hasAborted } from '../abort.js';
import { isOutage, statusOf } from '../http/errors.js';
import type { JoblibApi, TaskReport } from '../http/joblib-api.js';
import type { Retries } from '../http/retries.js';
import { sentenceOf } from '../logger.js';
import type { ClientLogger } from '../logger.js';
import type { ActiveTasks } from './active-tasks.js';

export interface TaskReportsOptions {
  readonly api: JoblibApi;
  readonly retries: Retries;
  readonly active: ActiveTasks;
  readonly logger: ClientLogger;
}

/** An error's text is cut here; it is for a person. */
const MAX_ERROR_CHARACTERS = 10_000;

/** Says what became of tasks, through outages: work that was done should not be lost to a restart of the server. */
export class TaskReports {
  constructor(private readonly options: TaskReportsOptions) {}

  /**
   * Resolves once the server has it, even if it had it from a try whose answer was lost.
   * @throws ProblemError, `InvalidTaskTransition` when the task is no longer ours; what stopped the retries.
   */
  async report(taskId: string, report: TaskReport, signal?: AbortSignal): Promise<void> {
    const { api, retries, active } = this.options;
    let mayHaveArrived = false;
    const call = async (): Promise<void> => {
      try {
        await api.report(taskId, { ...report, ...(report.error !== undefined && { error: cut(report.error) }) }, signal);
      } catch (error) {
        if (isLost(error) && mayHaveArrived && (await api.getTask(taskId, { signal })).status === report.status) return;
        mayHaveArrived ||= isOutage(error);
        throw error;
      }
    };
    try {
      await retries.throughOutage({ label: `Reporting ${taskId} as ${report.status}`, call, signal });
    } catch (error) {
      if (isLost(error)) active.lose(taskId, error);
      throw error;
    }
    if (report.status !== 'running') active.forget(taskId);
  }

  fail(taskId: string, error: string, signal?: AbortSignal): Promise<void> {
    return this.report(taskId, { status: 'failed', error }, signal);
  }

  /** Tried once, and never rejects: the next one will say more. A refusal means that the task is no longer ours. */
  async progress(taskId: string, progress: Progress, signal: AbortSignal): Promise<void> {
    if (hasAborted(signal)) return;
    try {
      await this.options.api.report(taskId, { status: 'running', progress }, signal);
    } catch (error) {
      if (hasAborted(signal)) return;
      if (isLost(error)) this.options.active.lose(taskId, error);
      this.options.logger.warn(`Progress of ${taskId} was not reported: ${sentenceOf(error)}`);
    }
  }
}

function cut(error: string): string {
  return error.slice(0, MAX_ERROR_CHARACTERS);
}

/** The task ended without us: cancelled, or given up on this worker. */
export function isLost(error: unknown): boolean {
  return statusOf(error) === 409 || (error instanceof ProblemError && error.problem === 'TaskNotFound');
}
