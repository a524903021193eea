import { isTransient, statusOf } from '../http/errors.js';
import type { TaskReport } from '../http/joblib-api.js';
import { sentenceOf } from '../logger.js';
import type { ClientLogger } from '../logger.js';
import type { ClaimedTask } from './claimed-task.js';
import type { Claims } from './claims.js';
import type { ServerContact } from './server-contact.js';
import { isLost } from './task-reports.js';
import type { TaskReports } from './task-reports.js';

export interface TaskRunnerOptions {
  readonly claims: Claims;
  readonly reports: TaskReports;
  readonly contact: ServerContact;
  readonly logger: ClientLogger;
}

/** Does a claimed task from start to report. */
export class TaskRunner {
  constructor(private readonly options: TaskRunnerOptions) {}

  /** Never rejects: whatever happens is reported to the server or to the log. */
  async run(task: ClaimedTask): Promise<void> {
    if (!(await this.#report(task, { status: 'running' }))) return;
    const outcome = await outcomeOf(task);
    await this.options.claims.closeProgress(task);
    if (task.signal.aborted) {
      this.options.logger.info(`Task ${task.id} is no longer ours: ${sentenceOf(task.signal.reason)}`);
      return;
    }
    if (outcome.status === 'failed') this.options.logger.error(`Task ${task.id} failed: ${outcome.error ?? ''}`);
    await this.#report(task, outcome);
  }

  /** Whether the server has it. */
  async #report(task: ClaimedTask, report: TaskReport): Promise<boolean> {
    const { reports, contact, logger } = this.options;
    try {
      await reports.report(task.id, report, task.signal);
      contact.succeeded();
      return true;
    } catch (error) {
      if (isLost(error) || task.signal.aborted) logger.info(`Task ${task.id} is no longer ours: ${sentenceOf(error)}`);
      else if (report.status === 'completed' && isRefusedResult(error)) return this.#report(task, unusable(error));
      else contact.failed(`Reporting task ${task.id} as ${report.status}`, error);
      return false;
    }
  }
}

async function outcomeOf({ extension }: ClaimedTask): Promise<TaskReport> {
  try {
    return { status: 'completed', result: await extension.run() };
  } catch (error) {
    return { status: 'failed', error: sentenceOf(error) };
  }
}

/** It is no JSON, too large, or too deep: that will not change. */
function isRefusedResult(error: unknown): boolean {
  const status = statusOf(error);
  return status === null ? !isTransient(error) : [400, 413, 422].includes(status);
}

function unusable(error: unknown): TaskReport {
  return { status: 'failed', error: `The result cannot be used: ${sentenceOf(error)}` };
}
