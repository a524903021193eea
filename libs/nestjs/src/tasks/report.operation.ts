import { Inject, Injectable } from '@nestjs/common';
import { ProblemError, isReportable, isTerminal } from '@joblib/contract';
import type { TaskStatus } from '@joblib/contract';

import type { JsonText, Task } from '../domain/task.js';
import { taskCancelledEvent, taskStatusEvent } from '../domain/task-json.js';
import { settledTopic } from '../domain/topics.js';
import { asUuid } from '../domain/uuid.js';
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
    for (const round of roundsOf(inputs)) {
      const changes = round.flatMap((report) => changeOf(report, now) ?? []);
      const changed = await this.tasks.report(transaction, changes);
      for (const report of round) {
        const task = changed.get(storedId(report));
        outcomes.push(task === undefined ? { refusal: await this.#refusal(transaction, report) } : { value: task });
        if (task === undefined) continue;
        tell(transaction, task);
        if (task.status === 'cancelled' && task.workerId === null) jobsToLookAt.add(task.jobId);
      }
    }
    await this.jobs.retireOrphans(transaction, [...jobsToLookAt], now);
    return outcomes;
  }

  /** Existence, ownership, state: why nothing was changed, in the order of the contract. */
  async #refusal(transaction: Transaction, { taskId, caller, status }: Reporting): Promise<ProblemError> {
    const uuid = asUuid(taskId);
    const task = uuid === null ? null : await this.tasks.findById(transaction, uuid);
    if (task === null) return new ProblemError('TaskNotFound', `Task '${taskId}' is not there.`);
    const isOwner = caller.isSuperuser || task.claimedById === caller.id || (status === 'cancelled' && task.createdById === caller.id);
    if (!isOwner) return new ProblemError('Forbidden', `Task '${taskId}' was not claimed by a worker of yours.`);
    return new ProblemError('InvalidTaskTransition', `Task '${taskId}' cannot go from '${task.status}' to '${status}'.`);
  }
}

function tell(transaction: Transaction, task: Task): void {
  transaction.emitAfterCommit(taskStatusEvent(task));
  if (isTerminal(task.status)) transaction.notifyAfterCommit(settledTopic(task.id));
  if (task.status === 'cancelled' && task.workerId !== null) transaction.emitAfterCommit(taskCancelledEvent(task));
}

/** Reports of one task follow one another; reports of different tasks may be one statement. */
function roundsOf(inputs: readonly Reporting[]): Reporting[][] {
  const rounds: Reporting[][] = [];
  let current = new Map<string, Reporting>();
  for (const report of inputs) {
    const id = storedId(report);
    if (current.size === 0 || current.has(id)) rounds.push([]);
    if (current.has(id)) current = new Map();
    current.set(id, report);
    rounds.at(-1)?.push(report);
  }
  return rounds;
}

/** As the database knows it, however it was spelled. */
function storedId({ taskId }: Reporting): string {
  return asUuid(taskId) ?? taskId;
}

/** Nothing for what no task can be asked: a state that is not to be reported, an id that is none. */
function changeOf({ taskId: id, status, result, error, progress, caller }: Reporting, now: number): ReportChange | null {
  const taskId = asUuid(id);
  if (taskId === null || !isReportable(status)) return null;
  const isSuperuser = caller.isSuperuser;
  return { taskId, status, result, error: isTerminal(status) ? error : null, progress, userId: caller.id, isSuperuser, now };
}
