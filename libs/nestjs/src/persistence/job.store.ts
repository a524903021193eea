import { Injectable } from '@nestjs/common';
import { ProblemError, isVisibleFrom, parseFullName } from '@joblib/contract';
import type { FullName } from '@joblib/contract';

import type { Job } from '../domain/job.js';
import { jobsInvalidateEvents } from '../domain/job-events.js';
import type { JobRow } from './rows.js';
import type { Session, Transaction } from './session.js';
import type { RowLock } from './statements.js';

function toJob(row: JobRow): Job {
  return {
    id: row.id,
    roomId: row.room_id,
    category: row.category,
    name: row.name,
    schema: row.schema,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
  };
}

/**
 * The parts of a full name that a room may see.
 * @throws ProblemError `JobNotFound`, also for a name that is none.
 */
export function visibleName(fullName: string, roomId: string, crossRoom: boolean): FullName {
  const name = parseFullName(fullName);
  if (name === null) throw new ProblemError('JobNotFound', `Invalid job name format: '${fullName}' is not <room_id>:<category>:<name>.`);
  if (!crossRoom && !isVisibleFrom(name.roomId, roomId)) throw notFound(fullName, roomId);
  return name;
}

/** @throws ProblemError `JobNotFound` */
export function assertLive(job: Job | null, fullName: string, roomId: string): Job {
  if (job === null || job.deletedAt !== null) throw notFound(fullName, roomId);
  return job;
}

function notFound(fullName: string, roomId: string): ProblemError {
  return new ProblemError('JobNotFound', `Job '${fullName}' is not there for room '${roomId}'.`);
}

/** Orphans retired at a time. */
const ORPHAN_BATCH = 100;

/** Jobs and who serves them. */
@Injectable()
export class JobStore {
  /** Soft-deleted ones included. */
  async findByName(
    session: Session,
    { roomId, category, name }: Pick<Job, 'roomId' | 'category' | 'name'>,
    lock: RowLock = 'none',
  ): Promise<Job | null> {
    const row = await session.first(session.statements.jobs.findByName(roomId, category, name, lock));
    return row && toJob(row);
  }

  /**
   * The live job that a room sees under a full name.
   * @param fullName "room_id:category:name"; `crossRoom` shows another room's private job as well.
   * @throws ProblemError `JobNotFound`, also for a name that is none and for what the room may not see.
   */
  async getVisible(session: Session, fullName: string, roomId: string, crossRoom: boolean, lock: RowLock = 'none'): Promise<Job> {
    const name = visibleName(fullName, roomId, crossRoom);
    return assertLive(await this.findByName(session, name, lock), fullName, roomId);
  }

  /** @returns whether no other server was faster with a job of that name. */
  async insert(transaction: Transaction, job: Job): Promise<boolean> {
    return (await transaction.first(transaction.statements.jobs.insert(job))) !== null;
  }

  async revive(transaction: Transaction, jobId: string, schema: string): Promise<void> {
    await transaction.all(transaction.statements.jobs.revive(jobId, schema));
  }

  /** @returns whether the worker did not serve the job before. */
  async link(transaction: Transaction, workerId: string, jobId: string): Promise<boolean> {
    return (await transaction.first(transaction.statements.jobs.link(workerId, jobId))) !== null;
  }

  /** Ids of the workers of each job, oldest first; a job without workers has no entry. */
  async workersOf(session: Session, jobIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const workers = new Map<string, string[]>();
    if (jobIds.length === 0) return workers;
    for (const { job_id, worker_id } of await session.all(session.statements.jobs.linksOf(jobIds))) {
      const known = workers.get(job_id);
      if (known === undefined) workers.set(job_id, [worker_id]);
      else known.push(worker_id);
    }
    return workers;
  }

  /** Whether a worker of the job had a heartbeat at or after `since` (epoch milliseconds). */
  async hasFreshWorker(session: Session, jobId: string, since: number): Promise<boolean> {
    return (await session.first(session.statements.jobs.findFreshWorker(jobId, since))) !== null;
  }

  /** Soft-deletes those of the jobs that have neither worker nor pending task, and tells their rooms. `@internal` ones stay. */
  async retireOrphans(transaction: Transaction, jobIds: readonly string[], now: number): Promise<void> {
    if (jobIds.length === 0) return;
    this.#tell(transaction, await transaction.all(transaction.statements.jobs.retireOrphans(jobIds, now)));
  }

  /** The same for every job. @returns how many went. */
  async retireAllOrphans(transaction: Transaction, now: number): Promise<number> {
    let count = 0;
    for (;;) {
      const orphans = await transaction.all(transaction.statements.jobs.findOrphans(ORPHAN_BATCH));
      if (orphans.length === 0) return count;
      const retired = await transaction.all(
        transaction.statements.jobs.retireOrphans(
          orphans.map(({ id }) => id),
          now,
        ),
      );
      // Whoever linked or submitted in between saves a job; the next sweep looks again.
      if (retired.length === 0) return count;
      this.#tell(transaction, retired);
      count += retired.length;
    }
  }

  async findByIds(session: Session, jobIds: readonly string[]): Promise<Job[]> {
    return (await session.all(session.statements.jobs.findByIds(jobIds))).map(toJob);
  }

  async list(
    session: Session,
    roomIds: readonly string[],
    page: { limit: number; offset: number },
  ): Promise<{ items: Job[]; total: number }> {
    const total = (await session.first(session.statements.lists.countJobs(roomIds)))?.total ?? 0;
    const rows = page.offset < total && page.limit > 0 ? await session.all(session.statements.lists.jobs(roomIds, page)) : [];
    return { items: rows.map(toJob), total };
  }

  #tell(transaction: Transaction, retired: readonly JobRow[]): void {
    for (const { room_id } of retired) transaction.emitAfterCommit(...jobsInvalidateEvents(room_id));
  }
}
