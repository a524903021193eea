import { Inject, Injectable } from '@nestjs/common';
import { ProblemError, isReportable, isTerminal } from '@joblib/contract';
import type { TaskStatus } from '@joblib/contract';

import type { JsonText, Task } from '../domain/task.js';
import { taskCancelledEvent, taskStatusEvent } from '../domain/task-json.js';
import { settledTopic } from '../domain/topics.js';
import { JobStore, TaskStore } from '../persistence/index.js';
import type { Operation, Outcome, ReportChange, Transaction } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Caller, Clock } from '../ports/index.js';

/** What somebody says of a task. JSON parts are texts; `null` leaves what is stored. */
export interface Reporting {
  readonly caller: Caller;
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly error: JsonText | null;
  readonly result: JsonText | null;
  readonly progress: JsonText | null;
}

/** Moves tasks through their states, each by one guarded statement: of two reports at once one wins, the other changes nothing. */
@Injectable()
export class ReportOperation implements Operation<Reporting, Task> {
  readonly name = 'report';

  constructor(
    private readonly tasks: TaskStore,
    private readonly jobs: JobStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async perform(transaction: Transaction, inputs: readonly Reporting[]): Promise<Outcome<Task>[]> {
    const outcomes: Outcome<Task>[] = [];
    const now = this.clock.now();
    for (const round of roundsOf(inputs)) {
      const changes = round.flatMap((report) => changeOf(report, now) ?? []);
      const changed = await this.tasks.report(transaction, changes);
      for (const report of round) outcomes.push(await this.#outcome(transaction, report, changed.get(report.taskId)));
    }
    return outcomes;
  }

  async #outcome(transaction: Transaction, report: Reporting, task: Task | undefined): Promise<Outcome<Task>> {
    if (task === undefined || !isReportable(report.status)) return { refusal: await this.#refusal(transaction, report) };
    transaction.emitAfterCommit(taskStatusEvent(task));
    if (isTerminal(task.status)) transaction.notifyAfterCommit(settledTopic(task.id));
    if (task.status === 'cancelled') await this.#afterCancel(transaction, task);
    return { value: task };
  }

  async #afterCancel(transaction: Transaction, task: Task): Promise<void> {
    if (task.workerId !== null) transaction.emitAfterCommit(taskCancelledEvent(task));
    // It was the last thing that kept a job without workers alive.
    else await this.jobs.retireOrphans(transaction, [task.jobId], this.clock.now());
  }

  /** Existence, ownership, state: why nothing was changed, in the order of the contract. */
  async #refusal(transaction: Transaction, { taskId, caller, status }: Reporting): Promise<ProblemError> {
    const task = await this.tasks.findById(transaction, taskId);
    if (task === null) return new ProblemError('TaskNotFound', `Task '${taskId}' is not there.`);
    const isOwner = caller.isSuperuser || task.claimedById === caller.id || (status === 'cancelled' && task.createdById === caller.id);
    if (!isOwner) return new ProblemError('Forbidden', `Task '${taskId}' was not claimed by a worker of yours.`);
    return new ProblemError('InvalidTaskTransition', `Task '${taskId}' cannot go from '${task.status}' to '${status}'.`);
  }
}

/** Reports of one task follow one another; reports of different tasks may be one statement. */
function roundsOf(inputs: readonly Reporting[]): Reporting[][] {
  const rounds: Reporting[][] = [];
  let current = new Map<string, Reporting>();
  for (const report of inputs) {
    if (current.size === 0 || current.has(report.taskId)) rounds.push([]);
    if (current.has(report.taskId)) current = new Map();
    current.set(report.taskId, report);
    rounds.at(-1)?.push(report);
  }
  return rounds;
}

function changeOf({ taskId, status, result, error, progress, caller }: Reporting, now: number): ReportChange | null {
  if (!isReportable(status)) return null;
  const isSuperuser = caller.isSuperuser;
  return { taskId, status, result, error: isTerminal(status) ? error : null, progress, userId: caller.id, isSuperuser, now };
}
