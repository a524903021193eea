import { setTimeout as delay } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';

import type { Task } from '../domain/task.js';
import { taskStatusEvent } from '../domain/task-json.js';
import { pendingTopic } from '../domain/topics.js';
import { ClaimGates, ClaimStore, TaskStore, UnitOfWork } from '../persistence/index.js';
import type { ClaimReceipt, Transaction } from '../persistence/index.js';
import { ClaimOperation } from './claim.operation.js';
import type { Claiming, Look } from './claim.operation.js';

/** For so long the others may take to commit or to roll back; a server that was stopped in between is given up by its database later. */
const CONTENTION_LIMIT_MS = 15_000;

const LONGEST_PAUSE_MS = 50;

const STUCK = 'The pending tasks are held by a transaction of another server that does not end.';

/** Claims tasks and gives them back. */
@Injectable()
export class ClaimTasks {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly operation: ClaimOperation,
    private readonly claims: ClaimStore,
    private readonly tasks: TaskStore,
    private readonly gates: ClaimGates,
  ) {}

  /**
   * Takes the oldest pending tasks of the live jobs that the worker, or any worker of the user, is linked to. Never waits.
   * @throws ProblemError `WorkerNotFound`, `Forbidden` (another user's worker), `DatabaseUnavailable`.
   */
  async claim(claiming: Claiming): Promise<Look> {
    const deadlineMs = performance.now() + CONTENTION_LIMIT_MS;
    for (let pauseMs = 0; ; pauseMs = Math.min(2 * pauseMs + 1, LONGEST_PAUSE_MS)) {
      const look = await this.unitOfWork.perform(this.operation, claiming);
      if (!look.isContended) return look;
      if (performance.now() > deadlineMs) throw new ProblemError('DatabaseUnavailable', STUCK, { headers: { 'Retry-After': '2' } });
      await delay(pauseMs);
    }
  }

  /** Undoes claims whose answer never reached anybody: the tasks are pending again, at their old place, as if never claimed. */
  async undo(tasks: readonly Task[]): Promise<void> {
    await this.unitOfWork.run(async (transaction) => {
      const receipts = tasks.map(receiptOf);
      await this.#announcePending(transaction, await this.claims.undo(transaction, receipts));
    });
  }

  /** Puts back what was claimed before `before` (epoch milliseconds) and not started. @returns how many tasks. */
  putBackUnstarted(before: number): Promise<number> {
    return this.unitOfWork.run(async (transaction) => {
      const tasks = await this.claims.putBackUnstarted(transaction, before);
      await this.#announcePending(transaction, tasks);
      return tasks.length;
    });
  }

  /** Which of the jobs have pending tasks that would be handed out: closed ones have none. */
  withPending(jobIds: readonly string[]): Promise<string[]> {
    return this.unitOfWork.read(async (session) => {
      const closed = await this.gates.closedAmong(session, jobIds);
      const open = closed.size === 0 ? jobIds : jobIds.filter((jobId) => !closed.has(jobId));
      return this.claims.withPending(session, open);
    });
  }

  async #announcePending(transaction: Transaction, tasks: readonly Task[]): Promise<void> {
    const positions = await this.tasks.queuePositions(transaction, tasks);
    for (const task of tasks) {
      transaction.emitAfterCommit(taskStatusEvent(task, positions.get(task.id)));
      transaction.offerAfterCommit(task.id, pendingTopic(task.jobId));
    }
  }
}

function receiptOf({ id, workerId, attempt, status }: Task): ClaimReceipt {
  return { taskId: id, workerId: workerId ?? '', attempt, status: status === 'running' ? status : 'claimed' };
}
