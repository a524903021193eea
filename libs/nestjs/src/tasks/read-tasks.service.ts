import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { PageRequest, TaskStatus } from '@joblib/contract';

import type { Task } from '../domain/task.js';
import { withPositions } from '../domain/task-with-position.js';
import type { QueuedTask } from '../domain/task-with-position.js';
import { JobStore, TaskListStore, TaskStore, UnitOfWork } from '../persistence/index.js';
import type { TaskFilter } from '../persistence/index.js';
import { JOBLIB_SETTINGS } from '../ports/index.js';
import type { Caller, JoblibSettings } from '../ports/index.js';
import { RoomAccess } from '../rooms/index.js';

/** A page of tasks, newest first. */
export interface TaskPage {
  readonly tasks: readonly QueuedTask[];
  readonly total: number;
}

/** Reads tasks, for whoever may read their room. */
@Injectable()
export class ReadTasks {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly tasks: TaskStore,
    private readonly lists: TaskListStore,
    private readonly jobs: JobStore,
    private readonly rooms: RoomAccess,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /** @throws ProblemError `TaskNotFound`, what the room's read guard says, `DatabaseUnavailable`. */
  async get(taskId: string, caller: Caller): Promise<QueuedTask> {
    const found = await this.unitOfWork.read(async (session) => {
      const task = await this.tasks.findById(session, taskId);
      return task && { task, queuePosition: (await this.tasks.queuePositions(session, [task])).get(taskId) ?? null };
    });
    if (found === null) throw new ProblemError('TaskNotFound', `Task '${taskId}' is not there.`);
    await this.rooms.assertReadable(found.task.roomId, caller);
    return found;
  }

  /** Tasks submitted in a room. */
  async listOfRoom(roomId: string, status: TaskStatus | undefined, page: PageRequest, caller: Caller): Promise<TaskPage> {
    await this.rooms.assertReadable(roomId, caller);
    return this.#page({ roomId, ...(status && { status }) }, page);
  }

  /** Tasks of one job submitted in a room. @throws ProblemError `JobNotFound` */
  async listOfJob(roomId: string, jobName: string, status: TaskStatus | undefined, page: PageRequest, caller: Caller): Promise<TaskPage> {
    await this.rooms.assertReadable(roomId, caller);
    const job = await this.unitOfWork.read((session) => this.jobs.getVisible(session, jobName, roomId, this.settings.allowCrossRoomSubmit));
    return this.#page({ roomId, jobId: job.id, ...(status && { status }) }, page);
  }

  async #page(filter: TaskFilter, page: PageRequest): Promise<TaskPage> {
    const { items, total } = await this.lists.page(filter, page);
    return { tasks: withPositions(items, await this.#positions(items)), total };
  }

  #positions(tasks: readonly Task[]): Promise<ReadonlyMap<string, number>> {
    return this.unitOfWork.read((session) => this.tasks.queuePositions(session, tasks));
  }
}
