import { createHash } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { canonicalJson } from '../domain/canonical-json.js';
import type { JsonText } from '../domain/task.js';
import { SchemaChecker } from '../json-schema/index.js';
import { JobStore, SubmissionKeyStore, TaskStore, UnitOfWork } from '../persistence/index.js';
import { CLOCK, JOBLIB_SETTINGS } from '../ports/index.js';
import type { Caller, Clock, JoblibSettings } from '../ports/index.js';
import { RoomAccess } from '../rooms/index.js';
import { SubmitOperation } from './submit.operation.js';
import type { Submitted } from './submit.operation.js';

/** One task or a batch, as a caller asks for it. */
export interface SubmitRequest {
  readonly caller: Caller;
  readonly roomId: string;
  /** "room_id:category:name" */
  readonly jobName: string;
  /** JSON text of each payload, an object. */
  readonly payloads: readonly JsonText[];
  /** From `Idempotency-Key`. */
  readonly idempotencyKey?: string | undefined;
  /** A batch and a single submission under the same key are different submissions. */
  readonly isBatch: boolean;
}

/** Takes tasks in: may the caller, is the payload what the job wants, was it sent before? */
@Injectable()
export class SubmitTasks {
  constructor(
    private readonly rooms: RoomAccess,
    private readonly unitOfWork: UnitOfWork,
    private readonly operation: SubmitOperation,
    private readonly keys: SubmissionKeyStore,
    private readonly jobs: JobStore,
    private readonly tasks: TaskStore,
    private readonly schemas: SchemaChecker,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /**
   * All tasks or none. The answer leaves after the commit.
   * @throws ProblemError `InvalidRoomId`, what the room guard says, `JobNotFound`, `PayloadInvalid`, `IdempotencyMismatch`,
   *   `NoWorkersAvailable`, `InternalJobNotConfigured`, `DatabaseUnavailable`.
   */
  async submit(request: SubmitRequest): Promise<Submitted> {
    const { caller, roomId, jobName, payloads } = request;
    const idempotency = request.idempotencyKey === undefined ? null : { key: request.idempotencyKey, fingerprint: fingerprintOf(request) };
    if (idempotency === null || !(await this.#isKnown(request, idempotency.key))) {
      await this.rooms.assertWritable(roomId, caller);
      if (this.settings.payloadValidation) await this.#assertPayloads(request);
    }
    return this.unitOfWork.perform(this.operation, { callerId: caller.id, roomId, jobName, payloads, idempotency });
  }

  /** What was accepted once is answered again, whatever the guard or the schema would say now; a key whose task is gone stands for nothing. */
  async #isKnown({ caller, roomId, jobName }: SubmitRequest, key: string): Promise<boolean> {
    const scope = { userId: caller.id, roomId, jobName, key };
    return this.unitOfWork.read(async (session) => {
      const first = await this.keys.find(session, scope, this.clock.now());
      return first !== null && (await this.tasks.findByIds(session, first.taskIds)).length === first.taskIds.length;
    });
  }

  async #assertPayloads({ roomId, jobName, payloads, isBatch }: SubmitRequest): Promise<void> {
    const job = await this.unitOfWork.read((session) => this.jobs.getVisible(session, jobName, roomId, this.settings.allowCrossRoomSubmit));
    for (const [index, payload] of payloads.entries()) {
      await this.schemas.assertPayload(job.schema, JSON.parse(payload), isBatch ? `/payloads/${index}` : '/payload');
    }
  }
}

function fingerprintOf({ payloads, isBatch }: SubmitRequest): string {
  const hash = createHash('sha256').update(isBatch ? 'batch' : 'single');
  for (const payload of payloads) hash.update('\n').update(canonicalJson(payload));
  return hash.digest('hex');
}
