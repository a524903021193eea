import { Injectable } from '@nestjs/common';
import { MAX_EXACT_QUEUE_POSITION } from '@joblib/contract';

import type { Task } from '../domain/task.js';
import { Outbox } from './outbox.js';
import type { TaskRow } from './rows.js';
import type { Session, Transaction } from './session.js';
import type { Statement } from './statement.js';
import type { ReportChange } from './statements.js';

/** The stored row as the rules see it. */
export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    jobId: row.job_id,
    jobName: row.job_name,
    roomId: row.room_id,
    createdById: row.created_by_id,
    status: row.status,
    payload: row.payload,
    result: row.result,
    error: row.error,
    progress: row.progress,
    attempt: row.attempt,
    workerId: row.worker_id,
    claimedById: row.claimed_by_id,
    createdAt: row.created_at,
    claimedAt: row.claimed_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
  };
}

/** Tasks: one by one, their place in the queue, and what is reported of them. */
@Injectable()
export class TaskStore {
  constructor(private readonly outbox: Outbox) {}

  /** Whether what ends is put out for plugins: another statement. */
  get putsOut(): boolean {
    return this.outbox.isWatched;
  }

  async insert(transaction: Transaction, tasks: readonly Task[]): Promise<void> {
    if (tasks.length > 0) await transaction.all(transaction.statements.tasks.insert(tasks));
  }

  /**
   * Inserts only what belongs to live jobs, which stay so until the transaction ends.
   * @returns the ids of these jobs.
   */
  async insertForLive(transaction: Transaction, tasks: readonly Task[]): Promise<ReadonlySet<string>> {
    const { insertForLive } = transaction.statements.tasks;
    if (insertForLive === null || tasks.length === 0) return new Set();
    return new Set((await transaction.all(insertForLive(tasks))).map(({ id }) => id));
  }

  /** Whether `insertForLive` inserts anything: with this database it saves a round trip. */
  canInsertForLive(session: Session): boolean {
    return session.statements.tasks.insertForLive !== null;
  }

  async findById(session: Session, taskId: string): Promise<Task | null> {
    const row = await session.first(session.statements.tasks.findByIds([taskId]));
    return row && toTask(row);
  }

  /** In the order of the ids; those that are gone are left out. */
  async findByIds(session: Session, taskIds: readonly string[]): Promise<Task[]> {
    const rows = await session.all(session.statements.tasks.findByIds(taskIds));
    const byId = new Map(rows.map((row) => [row.id, row]));
    return taskIds.flatMap((id) => {
      const row = byId.get(id);
      return row === undefined ? [] : [toTask(row)];
    });
  }

  /** Those that changed, by id; a lost race or a missing right leaves a task out. */
  async report(transaction: Transaction, changes: readonly ReportChange[]): Promise<Map<string, Task>> {
    // As it was when the caller could ask: a plugin that is announced meanwhile comes too late for a transaction that is closed.
    const { putsOut } = this;
    const rows = await transaction.all(transaction.statements.tasks.report(changes));
    const tasks = new Map(rows.map((row) => [row.id, toTask(row)]));
    if (putsOut) await this.outbox.put(transaction, tasks.values());
    return tasks;
  }

  /** 1-based place of each pending task in its job's queue, up to `MAX_EXACT_QUEUE_POSITION + 1`. Others have no entry. */
  async queuePositions(session: Session, tasks: readonly Task[]): Promise<ReadonlyMap<string, number>> {
    const pending = tasks.filter(({ status }) => status === 'pending');
    if (pending.length === 0) return new Map();
    const rows = await session.all(session.statements.tasks.countAhead(pending, MAX_EXACT_QUEUE_POSITION));
    return new Map(rows.map(({ id, ahead }) => [id, ahead + 1]));
  }

  async failOfWorker(transaction: Transaction, workerId: string, error: string, now: number): Promise<Task[]> {
    return this.#ended(transaction, transaction.statements.tasks.failOfWorker(workerId, JSON.stringify(error), now));
  }

  async failStuckInternal(transaction: Transaction, before: number, error: string, now: number): Promise<Task[]> {
    return this.#ended(transaction, transaction.statements.tasks.failStuckInternal(before, JSON.stringify(error), now));
  }

  /** Deletes at most `limit` tasks that ended before `before` (epoch milliseconds), the oldest first. @returns how many. */
  async deleteCompletedBefore(transaction: Transaction, before: number, limit: number): Promise<number> {
    return (await transaction.all(transaction.statements.housekeeping.deleteTasksCompletedBefore(before, limit))).length;
  }

  /** Which of the tasks are terminal or gone. */
  async findSettled(session: Session, taskIds: readonly string[]): Promise<string[]> {
    return (await session.all(session.statements.tasks.findSettled(taskIds))).map(({ id }) => id);
  }

  async #ended(transaction: Transaction, statement: Statement<TaskRow>): Promise<Task[]> {
    const tasks = (await transaction.all(statement)).map(toTask);
    await this.outbox.put(transaction, tasks);
    return tasks;
  }
}
