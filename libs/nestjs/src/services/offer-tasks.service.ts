import { Injectable } from '@nestjs/common';
import { INTERNAL_ROOM, parseFullName } from '@joblib/contract';

import { taskAvailableEvent } from '../domain/task-json.js';
import { ClaimStore, JobStore, TaskStore } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';

/** Tells the workers of jobs that were closed for a while that there is something to claim. */
@Injectable()
export class OfferTasks {
  constructor(
    private readonly jobs: JobStore,
    private readonly claims: ClaimStore,
    private readonly tasks: TaskStore,
  ) {}

  /** Once for each job that has a pending task: of the oldest. @param fullNames "room_id:category:name"; what is no job's name is left out. */
  async offer(transaction: Transaction, fullNames: Iterable<string>): Promise<void> {
    const jobIds: string[] = [];
    for (const fullName of new Set(fullNames)) {
      const name = parseFullName(fullName);
      if (name === null || name.roomId === INTERNAL_ROOM) continue;
      const job = await this.jobs.findByName(transaction, name);
      if (job !== null && job.deletedAt === null) jobIds.push(job.id);
    }
    const taskIds = await this.claims.oldestPending(transaction, jobIds);
    if (taskIds.length === 0) return;
    for (const task of await this.tasks.findByIds(transaction, taskIds)) transaction.emitAfterCommit(taskAvailableEvent(task));
  }
}
