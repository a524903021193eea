import { Injectable } from '@nestjs/common';
import type { PageRequest } from '@joblib/contract';

import type { Task } from '../domain/task.js';
import type { IdRow, TaskRow } from './rows.js';
import type { Session } from './session.js';
import type { TaskFilter } from './statements.js';
import { toTask } from './task.store.js';
import { UnitOfWork } from './unit-of-work.js';

/** How far one read walks through an index; what is farther is reached in several, so that no list holds up other requests. */
const STRIDE = 5000;

/** Pages of tasks, newest first. */
@Injectable()
export class TaskListStore {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** @throws ProblemError `DatabaseUnavailable`. */
  async page(filter: TaskFilter, page: PageRequest): Promise<{ items: Task[]; total: number }> {
    const total = await this.#read((session) => this.#count(session, filter));
    if (page.limit === 0 || page.offset >= total) return { items: [], total };
    const { jobId, status } = filter;
    // No index has both: it would cost every task more than this costs the few who ask.
    const isSifted = jobId !== undefined && status !== undefined;
    const rows = isSifted ? await this.#sift({ ...filter, jobId, status }, page, total) : await this.#slice(filter, page);
    return { items: rows.map(toTask), total };
  }

  async #count(session: Session, filter: TaskFilter): Promise<number> {
    return (await session.first(session.statements.lists.countTasks(filter)))?.total ?? 0;
  }

  async #slice(filter: TaskFilter, { limit, offset }: PageRequest): Promise<TaskRow[]> {
    let beforeId: string | null = null;
    for (let left = offset; left > 0; left -= STRIDE) {
      beforeId = await this.#skip(filter, beforeId, Math.min(left, STRIDE));
      if (beforeId === null) return [];
    }
    return this.#read((session) => session.all(session.statements.lists.tasks(filter, beforeId, limit)));
  }

  /** Walks through all tasks of the job and keeps those of the status, until the page is full or all of them were seen. Payloads are read at the end, a page of them. */
  async #sift(filter: Required<TaskFilter>, { limit, offset }: PageRequest, total: number): Promise<TaskRow[]> {
    const wanted = Math.min(offset + limit, total);
    const page: string[] = [];
    let seen = 0;
    let from: string | null = null;
    do {
      const beforeId: string | null = from;
      const rows = await this.#read((session) => session.all(session.statements.lists.jobTasksWithin(filter, beforeId, STRIDE)));
      page.push(...rows.slice(Math.max(0, offset - seen), Math.max(0, wanted - seen)).map(({ id }) => id));
      seen += rows.length;
      from = seen < wanted ? await this.#skip(filter, beforeId, STRIDE) : null;
    } while (from !== null);
    const rows = await this.#read((session) => session.all(session.statements.tasks.findByIds(page)));
    return rows.sort((left, right) => (left.id < right.id ? 1 : -1));
  }

  /** The id of the task `steps` places on; `null` when the list ends before. */
  async #skip(filter: TaskFilter, beforeId: string | null, steps: number): Promise<string | null> {
    const row: IdRow | null = await this.#read((session) => session.first(session.statements.lists.skipTasks(filter, beforeId, steps)));
    return row?.id ?? null;
  }

  #read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.unitOfWork.read(work);
  }
}
