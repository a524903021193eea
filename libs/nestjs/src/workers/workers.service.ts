import { Inject, Injectable } from '@nestjs/common';
import { ProblemError, roomsListedFor } from '@joblib/contract';
import type { Page, PageRequest, WorkerSummary, WorkerView } from '@joblib/contract';

import { isoTime } from '../domain/iso-time.js';
import { asUuid } from '../domain/uuid.js';
import { TimeOrderedIds, UnitOfWork, WorkerStore } from '../persistence/index.js';
import type { Session } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Caller, Clock } from '../ports/index.js';
import { RoomAccess } from '../rooms/index.js';
import { WorkerCleanup } from './worker-cleanup.service.js';

/** Workers come, show that they live, and go. An id equal to the caller's user id stands for all of the caller's workers. */
@Injectable()
export class Workers {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly workers: WorkerStore,
    private readonly cleanup: WorkerCleanup,
    private readonly rooms: RoomAccess,
    private readonly ids: TimeOrderedIds,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  create(caller: Caller): Promise<WorkerView> {
    return this.unitOfWork.run(async (transaction) => {
      const { id, createdAt } = this.ids.next();
      await this.workers.insert(transaction, { id, userId: caller.id, createdAt, lastHeartbeat: createdAt });
      return { id, last_heartbeat: isoTime(createdAt) };
    });
  }

  /** @throws ProblemError `WorkerNotFound`, `Forbidden` (another user's). */
  heartbeat(workerId: string, caller: Caller): Promise<WorkerView> {
    return this.unitOfWork.run(async (transaction) => {
      const now = this.clock.now();
      const uuid = asUuid(workerId);
      const worker = uuid === null ? null : await this.workers.heartbeat(transaction, uuid, caller.id, now);
      if (worker !== null) return { id: worker.id, last_heartbeat: isoTime(worker.lastHeartbeat) };
      if (workerId !== caller.id) throw await this.#refusal(transaction, workerId);
      const own = await this.workers.heartbeatOfUser(transaction, caller.id, now);
      if (own.length === 0) throw new ProblemError('WorkerNotFound', `User '${caller.id}' has no worker.`);
      return { id: caller.id, last_heartbeat: isoTime(now) };
    });
  }

  /** @throws ProblemError `WorkerNotFound`, `Forbidden` (another user's; a superuser may). */
  async remove(workerId: string, caller: Caller): Promise<void> {
    await this.unitOfWork.run(async (transaction) => {
      const uuid = asUuid(workerId);
      const worker = uuid === null ? null : await this.workers.findById(transaction, uuid, 'change');
      const isAllOfCaller = worker === null && workerId === caller.id;
      if (worker !== null && worker.userId !== caller.id && !caller.isSuperuser) throw await this.#refusal(transaction, workerId);
      const doomed = isAllOfCaller ? await this.workers.idsOfUser(transaction, caller.id) : worker === null ? [] : [worker.id];
      if (doomed.length === 0) throw await this.#refusal(transaction, workerId);
      for (const id of doomed) await this.cleanup.cleanUpWithin(transaction, id);
    });
  }

  /** All workers, newest first; with a room those that serve a job which its job list shows. */
  async list(roomId: string | null, page: PageRequest, caller: Caller): Promise<Page<WorkerSummary>> {
    if (roomId !== null) await this.rooms.assertReadable(roomId, caller);
    return this.unitOfWork.read(async (session) => {
      const { items, total } = await this.workers.list(session, roomId === null ? null : roomsListedFor(roomId), page);
      const summaries = items.map(({ id, lastHeartbeat, jobCount }) => ({
        id,
        last_heartbeat: isoTime(lastHeartbeat),
        job_count: jobCount,
      }));
      return { items: summaries, total, ...page };
    });
  }

  async #refusal(session: Session, workerId: string): Promise<ProblemError> {
    const uuid = asUuid(workerId);
    const worker = uuid === null ? null : await this.workers.findById(session, uuid);
    if (worker === null) return new ProblemError('WorkerNotFound', `Worker '${workerId}' is not there.`);
    return new ProblemError('Forbidden', `Worker '${workerId}' belongs to somebody else.`);
  }
}
