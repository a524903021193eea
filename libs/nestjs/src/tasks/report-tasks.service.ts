import { Injectable } from '@nestjs/common';

import type { Task } from '../domain/task.js';
import { UnitOfWork } from '../persistence/index.js';
import { existingTaskId } from './existing-task-id.js';
import { ReportOperation } from './report.operation.js';
import type { Reporting } from './report.operation.js';

/** Start, progress, completion, failure and cancellation of tasks. */
@Injectable()
export class ReportTasks {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly operation: ReportOperation,
  ) {}

  /** @throws ProblemError `TaskNotFound`, `Forbidden`, `InvalidTaskTransition`, `DatabaseUnavailable`; then nothing was changed. */
  async report(reporting: Reporting): Promise<Task> {
    const taskId = existingTaskId(reporting.taskId);
    return this.unitOfWork.perform(this.operation, taskId === reporting.taskId ? reporting : { ...reporting, taskId });
  }

  /** Each report on its own: a refused one does not touch the others. In order. */
  reportMany(reportings: readonly Reporting[]): Promise<PromiseSettledResult<Task>[]> {
    return Promise.allSettled(reportings.map((reporting) => this.report(reporting)));
  }
}
