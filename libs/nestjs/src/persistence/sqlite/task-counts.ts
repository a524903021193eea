import { TASK_STATUSES } from '@joblib/contract';
import type { TaskStatus } from '@joblib/contract';

import type { TaskRow } from '../rows.js';
import { writing } from '../statement.js';
import type { Statement } from '../statement.js';

/** Enters what a statement has changed, once its rows are known. */
type Entry<Row> = (counts: TaskCounts, rows: readonly Row[]) => void;

/** A statement that makes tasks or changes their status: `joblib_task_count` has to follow. */
export interface CountedStatement<Row = unknown> extends Statement<Row> {
  readonly enter: Entry<Row>;
}

export function isCounted<Row>(statement: Statement<Row>): statement is CountedStatement<Row> {
  return 'enter' in statement;
}

/** @param enter made by `movedFrom` or `inserted`. */
export function counted<Row>(enter: Entry<Row>, statement: Statement<Row>): CountedStatement<Row> {
  return { ...statement, enter };
}

/** Every row that is answered had the status `from` before. */
export function movedFrom(from: TaskStatus | ((changed: TaskRow) => TaskStatus)): Entry<TaskRow> {
  return (counts, rows) => {
    for (const row of rows) counts.move(row.room_id, row.job_id, typeof from === 'string' ? from : from(row), row.status);
  };
}

/** One pending task more. */
export function inserted(roomId: string, jobId: string): Entry<never> {
  return (counts) => counts.move(roomId, jobId, null, 'pending');
}

/** What a task was before it ended: who has it, and since when it runs, is told afterwards as before. */
export function statusBeforeEnd({ worker_id, started_at }: TaskRow): TaskStatus {
  if (worker_id === null) return 'pending';
  return started_at === null ? 'claimed' : 'running';
}

const COLUMNS = TASK_STATUSES.join(', ');
const ADD = `INSERT INTO joblib_task_count (room_id, job_id, ${COLUMNS}) VALUES (?, ?, ${TASK_STATUSES.map(() => '?').join(', ')})
   ON CONFLICT (room_id, job_id) DO UPDATE SET ${TASK_STATUSES.map((status) => `${status} = ${status} + excluded.${status}`).join(', ')}`;

/**
 * Sums up how the number of tasks of each room and job changes. Lists answer their exact total, and counting a million rows would
 * stop the only thread. A trigger would count as well, but anew for every row: an eighth of what a task costs the database.
 */
export class TaskCounts {
  readonly #sums = new Map<string, Map<string, Record<TaskStatus, number>>>();

  /** @param from `null` for a new task. */
  move(roomId: string, jobId: string, from: TaskStatus | null, to: TaskStatus): void {
    const sums = this.#sumsOf(roomId, jobId);
    if (from !== null) sums[from] -= 1;
    sums[to] += 1;
  }

  /** One for each room and job whose tasks changed. */
  statements(): Statement<never>[] {
    return [...this.#sums].flatMap(([roomId, jobs]) =>
      [...jobs].map(([jobId, sums]) => writing<never>(ADD, roomId, jobId, ...TASK_STATUSES.map((status) => sums[status]))),
    );
  }

  #sumsOf(roomId: string, jobId: string): Record<TaskStatus, number> {
    const jobs = this.#sums.get(roomId) ?? new Map<string, Record<TaskStatus, number>>();
    this.#sums.set(roomId, jobs);
    const sums = jobs.get(jobId) ?? { pending: 0, claimed: 0, running: 0, completed: 0, failed: 0, cancelled: 0 };
    jobs.set(jobId, sums);
    return sums;
  }
}
