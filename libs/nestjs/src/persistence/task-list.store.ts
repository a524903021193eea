import { Injectable } from '@nestjs/common';
import type { PageRequest } from '@joblib/contract';

import type { Task } from '../domain/task.js';
import type { IdRow } from './rows.js';
import type { Session } from './session.js';
import type { TaskFilter } from './statements.js';
import { toTask } from './task.store.js';
import { UnitOfWork } from './unit-of-work.js';

/** How far one read walks through an index; a far page is reached in several, so that no list holds up other requests. */
const STRIDE = 5000;

/** Pages of tasks, newest first. */
@Injectable()
export class TaskListStore {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** @throws ProblemError `DatabaseUnavailable`. */
  async page(filter: TaskFilter, { limit, offset }: PageRequest): Promise<{ items: Task[]; total: number }> {
    const total = await this.unitOfWork.read((session) => this.#count(session, filter));
    if (limit === 0 || offset >= total) return { items: [], total };
    const beforeId = await this.#skip(filter, offset);
    if (beforeId === undefined) return { items: [], total };
    const rows = await this.unitOfWork.read((session) => session.all(session.statements.lists.tasks(filter, beforeId, limit)));
    return { items: rows.map(toTask), total };
  }

  async #count(session: Session, filter: TaskFilter): Promise<number> {
    return (await session.first(session.statements.lists.countTasks(filter)))?.total ?? 0;
  }

  /** The id behind which the page begins; `null` is the very beginning, `undefined` that the list ends before. */
  async #skip(filter: TaskFilter, offset: number): Promise<string | null | undefined> {
    let beforeId: string | null = null;
    for (let left = offset; left > 0; left -= STRIDE) {
      const steps = Math.min(left, STRIDE);
      const from: string | null = beforeId;
      const row: IdRow | null = await this.unitOfWork.read((session) => session.first(session.statements.lists.skipTasks(filter, from, steps)));
      if (row === null) return undefined;
      beforeId = row.id;
    }
    return beforeId;
  }
}
