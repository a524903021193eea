import { Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { PageRequest } from '@joblib/contract';

import { asUuid } from '../domain/uuid.js';
import type { Worker } from '../domain/worker.js';
import type { WorkerRow, WorkerSummaryRow } from './rows.js';
import type { Session, Transaction } from './session.js';
import type { OwnedWorker, RowLock } from './statements.js';

function toWorker(row: WorkerRow): Worker {
  return { id: row.id, userId: row.user_id, createdAt: row.created_at, lastHeartbeat: row.last_heartbeat };
}

/** A worker in a list. `jobCount` counts live jobs. */
export interface ListedWorker {
  readonly id: string;
  readonly lastHeartbeat: number;
  readonly jobCount: number;
}

function toListedWorker(row: WorkerSummaryRow): ListedWorker {
  return { id: row.id, lastHeartbeat: row.last_heartbeat, jobCount: row.job_count };
}

/** Workers and their signs of life. Times are epoch milliseconds. */
@Injectable()
export class WorkerStore {
  async insert(transaction: Transaction, worker: Worker): Promise<void> {
    await transaction.all(transaction.statements.workers.insert(worker));
  }

  async findById(session: Session, workerId: string, lock: RowLock = 'none'): Promise<Worker | null> {
    const row = await session.first(session.statements.workers.findById(workerId, lock));
    return row && toWorker(row);
  }

  /**
   * One that stays until the transaction has ended. An id that is no UUID is nobody's.
   * @throws ProblemError `WorkerNotFound` when there is no such worker of this user.
   */
  async getOwn(transaction: Transaction, workerId: string, userId: string): Promise<Worker> {
    const uuid = asUuid(workerId);
    const worker = uuid === null ? null : await this.findById(transaction, uuid, 'keep');
    if (worker?.userId !== userId) throw new ProblemError('WorkerNotFound', `You have no worker '${workerId}'.`);
    return worker;
  }

  /** `null` when there is no such worker of this user. */
  async heartbeat(transaction: Transaction, workerId: string, userId: string, now: number): Promise<Worker | null> {
    return (await this.heartbeats(transaction, [{ workerId, userId }], now)).get(workerId) ?? null;
  }

  /** Of many at once. @returns by id those that are there and belong to the user who says so. */
  async heartbeats(transaction: Transaction, owned: readonly OwnedWorker[], now: number): Promise<ReadonlyMap<string, Worker>> {
    if (owned.length === 0) return new Map();
    const rows = await transaction.all(transaction.statements.workers.heartbeats(owned, now));
    return new Map(rows.map((row) => [row.id, toWorker(row)]));
  }

  /** All workers of the user, oldest first. */
  async heartbeatOfUser(transaction: Transaction, userId: string, now: number): Promise<Worker[]> {
    return (await this.heartbeatsOfUsers(transaction, [userId], now)).get(userId) ?? [];
  }

  /** All workers of each user, oldest first; who has none has no entry. */
  async heartbeatsOfUsers(transaction: Transaction, userIds: readonly string[], now: number): Promise<ReadonlyMap<string, Worker[]>> {
    const workers = new Map<string, Worker[]>();
    if (userIds.length === 0) return workers;
    const rows = await transaction.all(transaction.statements.workers.heartbeatsOfUsers(userIds, now));
    for (const worker of rows.map(toWorker).sort((left, right) => (left.id < right.id ? -1 : 1))) {
      const known = workers.get(worker.userId);
      if (known === undefined) workers.set(worker.userId, [worker]);
      else known.push(worker);
    }
    return workers;
  }

  async heartbeatMany(transaction: Transaction, workerIds: readonly string[], now: number): Promise<void> {
    await transaction.all(transaction.statements.workers.heartbeatMany(workerIds, now));
  }

  async markSeen(transaction: Transaction, workerId: string, now: number): Promise<void> {
    await transaction.all(transaction.statements.workers.markSeen(workerId, now));
  }

  /**
   * Deletes a worker, unless it showed life at or after the given times (epoch milliseconds; `null` spares nobody).
   * @returns the worker that went, or `null`.
   */
  async delete(
    transaction: Transaction,
    workerId: string,
    unless: { readonly heartbeatSince: number | null; readonly seenSince: number | null },
  ): Promise<Worker | null> {
    const row = await transaction.first(transaction.statements.workers.delete(workerId, unless));
    return row && toWorker(row);
  }

  /** @returns ids of the jobs that it served. */
  async unlink(transaction: Transaction, workerId: string): Promise<string[]> {
    return (await transaction.all(transaction.statements.workers.deleteLinks(workerId))).map(({ job_id }) => job_id);
  }

  async idsOfUser(session: Session, userId: string): Promise<string[]> {
    return (await session.all(session.statements.workers.idsOfUser(userId))).map(({ id }) => id);
  }

  /** Ids of at most `limit` workers whose last heartbeat is older than `before`. */
  async findSilent(session: Session, before: number, limit: number): Promise<string[]> {
    return (await session.all(session.statements.workers.findSilent(before, limit))).map(({ id }) => id);
  }

  async isLinked(session: Session, workerId: string, jobId: string): Promise<boolean> {
    return (await session.first(session.statements.workers.isLinked(workerId, jobId))) !== null;
  }

  /** A page of all workers, or with `roomIds` of those that serve a live job of these rooms. */
  async list(session: Session, roomIds: readonly string[] | null, page: PageRequest): Promise<{ items: ListedWorker[]; total: number }> {
    const { lists } = session.statements;
    const count = roomIds === null ? lists.countWorkers() : lists.countWorkersOfRooms(roomIds);
    const total = (await session.first(count))?.total ?? 0;
    if (page.offset >= total || page.limit === 0) return { items: [], total };
    const rows = await session.all(roomIds === null ? lists.workers(page) : lists.workersOfRooms(roomIds, page));
    return { items: rows.map(toListedWorker), total };
  }
}
