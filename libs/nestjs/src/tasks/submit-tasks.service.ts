import { createHash } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { canonicalJson } from '../domain/canonical-json.js';
import type { JsonText } from '../domain/task.js';
import { withPositions } from '../domain/task-with-position.js';
import { SchemaChecker } from '../json-schema/index.js';
import { JobStore, TaskStore, UnitOfWork } from '../persistence/index.js';
import { JOBLIB_SETTINGS } from '../ports/index.js';
import type { Caller, JoblibSettings } from '../ports/index.js';
import { RoomAccess } from '../rooms/index.js';
import { HeldClaims } from './held-claims.service.js';
import { SubmissionReplay } from './submission-replay.service.js';
import type { KeyedSubmission } from './submission-replay.service.js';
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
    private readonly replay: SubmissionReplay,
    private readonly jobs: JobStore,
    private readonly tasks: TaskStore,
    private readonly schemas: SchemaChecker,
    private readonly heldClaims: HeldClaims,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /**
   * All tasks or none. The answer leaves after the commit.
   * @throws ProblemError `InvalidRoomId`, what the room guard says, `JobNotFound`, `PayloadInvalid`, `IdempotencyMismatch`,
   *   `NoWorkersAvailable`, `InternalJobNotConfigured`, `DatabaseUnavailable`.
   */
  async submit(request: SubmitRequest): Promise<Submitted> {
    const { caller, roomId, jobName, payloads } = request;
    const keyed = keyedSubmissionOf(request);
    const replayed = keyed === null ? null : await this.#replay(keyed);
    if (replayed !== null) return replayed;
    await this.rooms.assertWritable(roomId, caller);
    if (this.settings.payloadValidation) await this.#assertPayloads(request);
    const submitted = this.unitOfWork.perform(this.operation, { callerId: caller.id, roomId, jobName, payloads, keyed });
    const jobId = this.operation.knownJobId(jobName);
    if (jobId !== null) this.heldClaims.expect(jobId, payloads.length);
    return submitted;
  }

  /** What was accepted once is answered again, whatever the guard or the schema would say now. */
  #replay(keyed: KeyedSubmission): Promise<Submitted | null> {
    return this.unitOfWork.read(async (session) => {
      const tasks = await this.replay.find(session, keyed);
      return tasks && { tasks: withPositions(tasks, await this.tasks.queuePositions(session, tasks)), isReplay: true };
    });
  }

  async #assertPayloads({ roomId, jobName, payloads, isBatch }: SubmitRequest): Promise<void> {
    const job = await this.unitOfWork.read((session) => this.jobs.getVisible(session, jobName, roomId, this.settings.allowCrossRoomSubmit));
    for (const [index, payload] of payloads.entries()) {
      await this.schemas.assertPayload(job.schema, JSON.parse(payload), isBatch ? `/payloads/${index}` : '/payload');
    }
  }
}

function keyedSubmissionOf(request: SubmitRequest): KeyedSubmission | null {
  const { caller, roomId, jobName, idempotencyKey } = request;
  if (idempotencyKey === undefined) return null;
  return { scope: { userId: caller.id, roomId, jobName, key: idempotencyKey }, fingerprint: fingerprintOf(request) };
}

function fingerprintOf({ payloads, isBatch }: SubmitRequest): string {
  const hash = createHash('sha256').update(isBatch ? 'batch' : 'single');
  for (const payload of payloads) hash.update('\n').update(canonicalJson(payload));
  return hash.digest('hex');
}
