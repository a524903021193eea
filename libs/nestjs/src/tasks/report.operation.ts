import { Inject, Injectable } from '@nestjs/common';
import { ProblemError, isReportable, isTerminal } from '@joblib/contract';
import type { TaskStatus } from '@joblib/contract';

import { reachedFrom } from '../domain/task.js';
import type { JsonText, Task } from '../domain/task.js';
import { taskCancelledEvent, taskStatusEvent } from '../domain/task-json.js';
import { settledTopic } from '../domain/topics.js';
import { AGAIN, JobStore, TaskStore } from '../persistence/index.js';
import type { Operation, Outcome, ReportChange, Transaction } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Caller, Clock } from '../ports/index.js';

/** What somebody says of a task. JSON parts are texts; `null` leaves what is stored. */
export interface Reporting {
  readonly caller: Caller;
  /** As it is stored. */
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly error: JsonText | null;
  readonly result: JsonText | null;
  readonly progress: JsonText | null;
}

/** A task that others move to and fro all the while is refused in the end. */
const MAX_LOOKS = 5;

/** Moves tasks through their states, each by one guarded statement: of two reports at once one wins, the other changes nothing. */
@Injectable()
export class ReportOperation implements Operation<Reporting, Task> {
  readonly name = 'report';
  readonly rank = 1;
  readonly isUnordered = true;

  constructor(
    private readonly tasks: TaskStore,
    private readonly jobs: JobStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async perform(transaction: Transaction, inputs: readonly Reporting[]): Promise<Outcome<Task>[]> {
    const outcomes: Outcome<Task>[] = [];
    const now = this.clock.now();
    // Cancelling a pending task takes away what may have been the last thing that kept a job without workers alive.
    const jobsToLookAt = new Set<string>();
    const rounds = roundsOf(inputs);
    const isAllThereIs = rounds.length === 1 && inputs.every(({ status }) => status !== 'cancelled') && !this.tasks.putsOut;
    for (const round of rounds) {
      const reported = this.tasks.report(
        transaction,
        round.flatMap((report) => changeOf(report, now) ?? []),
      );
      const isClosed = isAllThereIs && transaction.nothingFollows();
      const changed = await reported;
      for (const report of round) {
        const task = changed.get(report.taskId) ?? (isClosed ? null : await this.#lookAgain(transaction, report, now));
        outcomes.push(outcomeOf(task));
        if (task === null || task instanceof ProblemError) continue;
        tell(transaction, task);
        if (task.status === 'cancelled' && task.workerId === null) jobsToLookAt.add(task.jobId);
      }
    }
    await this.jobs.retireOrphans(transaction, [...jobsToLookAt], now);
    return outcomes;
  }

  /** Why nothing was changed; or the change, when what stood against it is over by the time the reason is looked for. */
  async #lookAgain(transaction: Transaction, report: Reporting, now: number): Promise<Task | ProblemError> {
    for (let looks = 0; ; looks += 1) {
      const refusal = await this.#refusal(transaction, report, looks === MAX_LOOKS);
      if (refusal !== null) return refusal;
      const changed = await this.tasks.report(
        transaction,
        [changeOf(report, now)].flatMap((change) => change ?? []),
      );
      const task = changed.get(report.taskId);
      if (task !== undefined) return task;
    }
  }

  /** Existence, ownership, state, in the order of the contract; `null` when none stands against it (any more), unless it is the last look. */
  async #refusal(transaction: Transaction, { taskId, caller, status, progress }: Reporting, isLast: boolean): Promise<ProblemError | null> {
    const task = await this.tasks.findById(transaction, taskId);
    if (task === null) return new ProblemError('TaskNotFound', `Task '${taskId}' is not there.`);
    const isOwner = caller.isSuperuser || task.claimedById === caller.id || (status === 'cancelled' && task.createdById === caller.id);
    if (!isOwner) return new ProblemError('Forbidden', `Task '${taskId}' was not claimed by a worker of yours.`);
    if (!isLast && isReportable(status) && reachedFrom(status, progress !== null).includes(task.status)) return null;
    return new ProblemError('InvalidTaskTransition', `Task '${taskId}' cannot go from '${task.status}' to '${status}'.`);
  }
}

function outcomeOf(task: Task | ProblemError | null): Outcome<Task> {
  if (task === null) return AGAIN;
  return task instanceof ProblemError ? { refusal: task } : { value: task };
}

function tell(transaction: Transaction, task: Task): void {
  transaction.emitAfterCommit(taskStatusEvent(task));
  if (isTerminal(task.status)) transaction.notifyAfterCommit(settledTopic(task.id));
  if (task.status === 'cancelled' && task.workerId !== null) transaction.emitAfterCommit(taskCancelledEvent(task));
}

/** Reports of one task follow one another; reports of different tasks may be one statement. */
function roundsOf(inputs: readonly Reporting[]): Reporting[][] {
  const rounds: Reporting[][] = [];
  let current = new Set<string>();
  for (const report of inputs) {
    const { taskId } = report;
    if (current.size === 0 || current.has(taskId)) rounds.push([]);
    if (current.has(taskId)) current = new Set();
    current.add(taskId);
    rounds.at(-1)?.push(report);
  }
  return rounds;
}

/** Nothing for a state that is not to be reported. */
function changeOf({ taskId, status, result, error, progress, caller }: Reporting, now: number): ReportChange | null {
  if (!isReportable(status)) return null;
  const isSuperuser = caller.isSuperuser;
  return { taskId, status, result, error: isTerminal(status) ? error : null, progress, userId: caller.id, isSuperuser, now };
}
