import { Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';

import { validateDto, validationError } from '../http/index.js';
import type { Caller } from '../ports/index.js';
import type { Claiming } from './claim.operation.js';
import { ClaimTasks } from './claim-tasks.service.js';
import { claimingWorkerId } from './claiming-worker-id.js';
import { existingTaskId } from './existing-task-id.js';
import { HeldClaims } from './held-claims.service.js';
import { HeldPolls } from './held-polls.service.js';
import { assertIdempotencyKey } from './idempotency-key.js';
import { HostCalls } from './joblib-tasks-calls.js';
import { optionalText, payloadText, snapshotOf } from './joblib-tasks-json.js';
import type {
  BatchSubmission,
  ClaimOutcome,
  ClaimWait,
  ReportOutcome,
  SubmittedTask,
  TaskClaim,
  TaskReport,
  TaskSnapshot,
  TaskSubmission,
  TaskWait,
} from './joblib-tasks.js';
import { ReadTasks } from './read-tasks.service.js';
import type { Reporting } from './report.operation.js';
import { ReportTasks } from './report-tasks.service.js';
import type { SubmitRequest } from './submit-tasks.service.js';
import { SubmitTasks } from './submit-tasks.service.js';
import { MAX_BATCH_SIZE, MAX_CLAIM_SIZE, ReportTaskDto } from './task.dtos.js';

/**
 * Tasks for the code of a host application, without HTTP: by the same rules, in the same transactions, with the same events.
 *
 * `caller` is on whose behalf it happens; nobody is asked whether that is true. Every refusal is a `ProblemError` with the name that
 * HTTP gives it. Answers come after their commit. What many callers ask for at once is committed together, so calls are not to be
 * made one after another where they do not depend on each other. Only the limit on the size of bodies is HTTP's alone.
 */
@Injectable()
export class JoblibTasks {
  constructor(
    private readonly calls: HostCalls,
    private readonly submissions: SubmitTasks,
    private readonly claims: ClaimTasks,
    private readonly heldClaims: HeldClaims,
    private readonly reports: ReportTasks,
    private readonly reads: ReadTasks,
    private readonly polls: HeldPolls,
  ) {}

  /**
   * @throws ProblemError `ValidationError`, `InvalidRoomId`, what the room guard says, `JobNotFound`, `PayloadInvalid`,
   *   `IdempotencyMismatch`, `NoWorkersAvailable`, `InternalJobNotConfigured`, `DatabaseUnavailable`.
   */
  submit(caller: Caller, submission: TaskSubmission): Promise<SubmittedTask> {
    return this.calls.run(async () => {
      const payloads = [payloadText(submission.payload, '/payload')];
      const [task] = await this.#submit({ caller, ...targetOf(submission), payloads, isBatch: false });
      if (task === undefined) throw new Error('A submission of one payload made no task.');
      return task;
    });
  }

  /** All tasks or none, in order. @throws ProblemError as `submit`. */
  submitBatch(caller: Caller, batch: BatchSubmission): Promise<SubmittedTask[]> {
    return this.calls.run(async () => {
      const { length } = batch.payloads;
      if (length < 1 || length > MAX_BATCH_SIZE) {
        throw validationError([{ pointer: '/payloads', detail: `must be 1–${MAX_BATCH_SIZE} payloads` }]);
      }
      const payloads = batch.payloads.map((payload, index) => payloadText(payload, `/payloads/${index}`));
      return this.#submit({ caller, ...targetOf(batch), payloads, isBatch: true });
    });
  }

  /**
   * Takes the oldest pending tasks of the live jobs that the worker serves, oldest first; none when a fresh look found nothing until the
   * wait was over, or the application stops. It is the worker's heartbeat, for as long as it waits.
   * @throws ProblemError `ValidationError`, `WorkerNotFound`, `Forbidden` (another user's worker), `DatabaseUnavailable`;
   *   the signal's reason once it is aborted.
   */
  claim(caller: Caller, { waitSeconds = 0, signal, ...claim }: TaskClaim & ClaimWait = {}): Promise<TaskSnapshot[]> {
    return this.calls.run(async () => {
      signal?.throwIfAborted();
      const { look } = await this.heldClaims.claim(claimingOf(caller, claim), waitSeconds, () => signal ?? new AbortController().signal);
      if (signal?.aborted === true) {
        if (look.tasks.length > 0) await this.claims.undo(look.tasks);
        throw signal.reason;
      }
      return look.tasks.map((task) => snapshotOf(task, null));
    });
  }

  /**
   * Claims for several workers at once, each on its own, in order; none of them waits. What comes first in the list is served first.
   * @throws ProblemError `ValidationError` for the whole call, `DatabaseUnavailable`.
   */
  claimMany(caller: Caller, claims: readonly TaskClaim[]): Promise<ClaimOutcome[]> {
    return this.calls.run(async () => {
      const claimings = claims.map((claim, index) => claimingOrProblem(caller, claim, `/${index}`));
      const looks = claimings.map((claiming) =>
        claiming instanceof ProblemError ? Promise.reject(claiming) : this.claims.claim(claiming),
      );
      return (await Promise.allSettled(looks)).map((look) =>
        look.status === 'fulfilled'
          ? { tasks: look.value.tasks.map((task) => snapshotOf(task, null)), problem: null }
          : { tasks: [], problem: problemOrThrow(look.reason) },
      );
    });
  }

  /** @throws ProblemError `ValidationError`, `TaskNotFound`, `Forbidden`, `InvalidTaskTransition`, `DatabaseUnavailable`; then nothing was changed. */
  report(caller: Caller, report: TaskReport): Promise<TaskSnapshot> {
    return this.calls.run(async () => snapshotOf(await this.reports.report(reportingOf(caller, report)), null));
  }

  /** Each report on its own, in order: a refused one does not touch the others. @throws ProblemError `ValidationError` for the whole call. */
  reportMany(caller: Caller, reports: readonly TaskReport[]): Promise<ReportOutcome[]> {
    return this.calls.run(async () => {
      const reportings = reports.map((report, index) => reportingOf(caller, report, `/${index}`));
      return (await this.reports.reportMany(reportings)).map((outcome) =>
        outcome.status === 'fulfilled'
          ? { task: snapshotOf(outcome.value, null), problem: null }
          : { task: null, problem: problemOrThrow(outcome.reason) },
      );
    });
  }

  /** @throws ProblemError `TaskNotFound`, what the room's read guard says, `DatabaseUnavailable`. */
  get(caller: Caller, taskId: string): Promise<TaskSnapshot> {
    return this.calls.run(async () => {
      const { task, queuePosition } = await this.reads.get(existingTaskId(taskId), caller);
      return snapshotOf(task, queuePosition);
    });
  }

  /**
   * The task once it has ended, told by the commit that ends it; as it is when the time has run out or the application stops.
   * @throws ProblemError as `get`, also while waiting when the task is deleted; the signal's reason once it is aborted.
   */
  waitFor(caller: Caller, taskId: string, { timeoutSeconds = Infinity, signal }: TaskWait = {}): Promise<TaskSnapshot> {
    return this.calls.run(async () => {
      signal?.throwIfAborted();
      const { task, queuePosition } = await this.polls.waitFor(existingTaskId(taskId), caller, timeoutSeconds, signal);
      return snapshotOf(task, queuePosition);
    });
  }

  /**
   * Ends a task before its time, also one that runs: its worker is told.
   * @param reason becomes the task's `error`.
   * @throws ProblemError as `report`: `Forbidden` but for the submitter, the claiming worker's owner and superusers.
   */
  cancel(caller: Caller, taskId: string, reason: string | null = null): Promise<TaskSnapshot> {
    return this.report(caller, { taskId, status: 'cancelled', error: reason });
  }

  async #submit(request: SubmitRequest): Promise<SubmittedTask[]> {
    const { tasks, isReplay } = await this.submissions.submit(request);
    return tasks.map(({ task, queuePosition }) => ({ ...snapshotOf(task, queuePosition), isReplay }));
  }
}

function targetOf({
  roomId,
  jobName,
  idempotencyKey,
}: TaskSubmission | BatchSubmission): Omit<SubmitRequest, 'caller' | 'payloads' | 'isBatch'> {
  if (idempotencyKey !== undefined) assertIdempotencyKey(idempotencyKey, '/idempotencyKey');
  return { roomId, jobName, idempotencyKey };
}

function claimingOf(caller: Caller, { workerId, maxTasks = 1, start = false }: TaskClaim, pointer = ''): Claiming {
  if (!Number.isInteger(maxTasks) || maxTasks < 1 || maxTasks > MAX_CLAIM_SIZE) {
    throw validationError([{ pointer: `${pointer}/maxTasks`, detail: `must be an integer from 1 to ${MAX_CLAIM_SIZE}` }]);
  }
  return { userId: caller.id, workerId: claimingWorkerId(workerId, caller), maxTasks, internal: false, starts: start };
}

/** An id that no worker can have is refused like an unknown one: alone. */
function claimingOrProblem(caller: Caller, claim: TaskClaim, pointer: string): Claiming | ProblemError {
  try {
    return claimingOf(caller, claim, pointer);
  } catch (error) {
    if (error instanceof ProblemError && error.problem === 'WorkerNotFound') return error;
    throw error;
  }
}

function reportingOf(caller: Caller, report: TaskReport, pointer = ''): Reporting {
  const { status, error, progress } = validateDto(ReportTaskDto, report, pointer);
  return {
    caller,
    taskId: report.taskId,
    status,
    error: optionalText(error, `${pointer}/error`),
    result: optionalText(report.result, `${pointer}/result`),
    progress: optionalText(progress, `${pointer}/progress`),
  };
}

function problemOrThrow(reason: unknown): ProblemError {
  if (reason instanceof ProblemError) return reason;
  throw reason;
}
