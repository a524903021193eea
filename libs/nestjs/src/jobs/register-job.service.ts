import { Inject, Injectable } from '@nestjs/common';
import { ProblemError, formatFullName, isReservedRoom } from '@joblib/contract';
import type { JsonSchema } from '@joblib/contract';

import { isSameJson } from '../domain/canonical-json.js';
import type { Job } from '../domain/job.js';
import { jobsInvalidateEvents } from '../domain/job-events.js';
import type { JsonText } from '../domain/task.js';
import { linksTopic } from '../domain/topics.js';
import { SchemaChecker } from '../json-schema/index.js';
import { JobStore, TimeOrderedIds, UnitOfWork, WorkerStore } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { JOBLIB_SETTINGS } from '../ports/index.js';
import type { Caller, JoblibSettings } from '../ports/index.js';
import { RoomAccess } from '../rooms/index.js';

/** What a worker offers to run. */
export interface Registration {
  readonly caller: Caller;
  readonly roomId: string;
  readonly category: string;
  readonly name: string;
  readonly schema: JsonSchema;
  readonly schemaText: JsonText;
  /** `null` makes a new worker. */
  readonly workerId: string | null;
}

export interface Registered {
  readonly job: Job;
  readonly workers: readonly string[];
  readonly workerId: string;
  /** Whether the job was not there, or only soft-deleted. */
  readonly isNew: boolean;
}

/** Registers jobs and links workers to them. */
@Injectable()
export class RegisterJob {
  constructor(
    private readonly rooms: RoomAccess,
    private readonly schemas: SchemaChecker,
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobStore,
    private readonly workers: WorkerStore,
    private readonly ids: TimeOrderedIds,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /**
   * Registers the same job as often as wanted; two at once make one job.
   * @throws ProblemError `ValidationError` (no JSON Schema), `InvalidRoomId`, `Forbidden` (a reserved room needs a superuser), what the
   *   room guard says, `InvalidCategory`, `WorkerNotFound` (unknown or another user's), `SchemaConflict`, `DatabaseUnavailable`.
   */
  async register(registration: Registration): Promise<Registered> {
    await this.#assertAllowed(registration);
    const { caller, workerId: named } = registration;
    return this.unitOfWork.run(async (transaction) => {
      // Existence before state: an unknown worker is told before a conflict. Nothing is written before both are settled.
      const ownWorkerId = named === null ? null : (await this.workers.getOwn(transaction, named, caller.id)).id;
      const { job, isNew } = await this.#reconcile(transaction, registration);
      const workerId = ownWorkerId ?? (await this.#insertWorker(transaction, caller));
      await this.jobs.link(transaction, workerId, job.id);
      transaction.emitAfterCommit(...jobsInvalidateEvents(job.roomId));
      transaction.notifyAfterCommit(linksTopic(caller.id));
      const workers = (await this.jobs.workersOf(transaction, [job.id])).get(job.id) ?? [];
      return { job, workers, workerId, isNew };
    });
  }

  async #assertAllowed({ caller, roomId, category, schema, schemaText }: Registration): Promise<void> {
    await this.schemas.assertValidSchema(schema, schemaText);
    if (isReservedRoom(roomId) && !caller.isSuperuser) throw new ProblemError('Forbidden', `Registering in '${roomId}' needs a superuser.`);
    await this.rooms.assertWritable(roomId, caller);
    const allowed = this.settings.allowedCategories;
    if (!allowed.includes(category)) {
      throw new ProblemError('InvalidCategory', `Category '${category}' is not one of those allowed here: ${allowed.join(', ')}.`);
    }
  }

  /** The row of this name, if there is one. */
  async #findReconcilable(transaction: Transaction, registration: Registration): Promise<Job | null> {
    const existing = await this.jobs.findByName(transaction, registration, 'change');
    if (existing === null || existing.deletedAt !== null || isSameJson(existing.schema, registration.schemaText)) return existing;
    throw new ProblemError('SchemaConflict', `Job '${formatFullName(existing)}' is registered with another schema.`);
  }

  async #insertWorker(transaction: Transaction, caller: Caller): Promise<string> {
    const { id, createdAt } = this.ids.next();
    await this.workers.insert(transaction, { id, userId: caller.id, createdAt, lastHeartbeat: createdAt });
    return id;
  }

  async #reconcile(transaction: Transaction, registration: Registration): Promise<{ job: Job; isNew: boolean }> {
    const { roomId, category, name, schemaText } = registration;
    for (;;) {
      const existing = await this.#findReconcilable(transaction, registration);
      if (existing === null) {
        const job: Job = { ...this.ids.next(), roomId, category, name, schema: schemaText, deletedAt: null };
        if (await this.jobs.insert(transaction, job)) return { job, isNew: true };
        // Another server was faster; the next look finds what it registered.
        continue;
      }
      if (existing.deletedAt === null) return { job: existing, isNew: false };
      await this.jobs.revive(transaction, existing.id, schemaText);
      return { job: { ...existing, schema: schemaText, deletedAt: null }, isNew: true };
    }
  }
}
