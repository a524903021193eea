import { Injectable } from '@nestjs/common';

import type { Task } from '../domain/task.js';
import { taskStatusEvent } from '../domain/task-json.js';
import { pendingTopic } from '../domain/topics.js';
import { ClaimStore, TaskStore, UnitOfWork } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { ClaimOperation } from './claim.operation.js';
import type { Claiming, Look } from './claim.operation.js';

/** Claims tasks and gives them back. */
@Injectable()
export class ClaimTasks {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly operation: ClaimOperation,
    private readonly claims: ClaimStore,
    private readonly tasks: TaskStore,
  ) {}

  /**
   * Takes the oldest pending tasks of the live jobs that the worker, or any worker of the user, is linked to. Never waits.
   * @throws ProblemError `WorkerNotFound`, `Forbidden` (another user's worker), `DatabaseUnavailable`.
   */
  claim(claiming: Claiming): Promise<Look> {
    return this.unitOfWork.perform(this.operation, claiming);
  }

  /** Undoes claims whose answer never reached anybody: the tasks are pending again, at their old place, as if never claimed. */
  async undo(tasks: readonly Task[]): Promise<void> {
    await this.unitOfWork.run(async (transaction) => {
      const receipts = tasks.map(({ id, workerId, attempt }) => ({ taskId: id, workerId: workerId ?? '', attempt }));
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

  /** Which of the jobs have pending tasks. */
  withPending(jobIds: readonly string[]): Promise<string[]> {
    return this.unitOfWork.read((session) => this.claims.withPending(session, jobIds));
  }

  async #announcePending(transaction: Transaction, tasks: readonly Task[]): Promise<void> {
    const positions = await this.tasks.queuePositions(transaction, tasks);
    for (const task of tasks) {
      transaction.emitAfterCommit(taskStatusEvent(task, positions.get(task.id)));
      transaction.notifyAfterCommit(pendingTopic(task.jobId));
    }
  }
}
