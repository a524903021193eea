import { Injectable, Logger } from '@nestjs/common';
import { INTERNAL_ROOM } from '@joblib/contract';

import type { Job } from '../domain/job.js';
import type { Task } from '../domain/task.js';
import { taskAvailableEvent } from '../domain/task-json.js';
import { ClaimGates, ClaimStore, TaskStore, UnitOfWork } from '../persistence/index.js';

/** Tells a worker that comes late what it missed: that there is something to claim. */
@Injectable()
export class OfferPendingTask {
  readonly #logger = new Logger('OfferPendingTask');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly gates: ClaimGates,
    private readonly claims: ClaimStore,
    private readonly tasks: TaskStore,
  ) {}

  /**
   * Of the job's oldest pending task, if it has one and its tasks are handed out. It is a hint: when it fails, that is logged.
   * @param socketId of who is told; also the name of a socket room, in which that socket is alone.
   */
  async offer(socketId: string, job: Job): Promise<void> {
    if (job.roomId === INTERNAL_ROOM) return;
    try {
      const task = await this.#oldestPending(job.id);
      if (task !== null) await this.unitOfWork.announce({ ...taskAvailableEvent(task), room: socketId });
    } catch (error) {
      this.#logger.warn(`A worker could not be told of the tasks that wait for it: ${String(error)}`);
    }
  }

  #oldestPending(jobId: string): Promise<Task | null> {
    return this.unitOfWork.read(async (session) => {
      if (this.gates.mustLearn) await this.gates.ensureLearned(session);
      if ((await this.gates.closedAmong(session, [jobId])).has(jobId)) return null;
      const [taskId] = await this.claims.oldestPending(session, [jobId]);
      return taskId === undefined ? null : this.tasks.findById(session, taskId);
    });
  }
}
