import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';

import type { Task } from '../domain/task.js';
import { SubmissionKeyStore, TaskStore } from '../persistence/index.js';
import type { Session, Submission, SubmissionScope, Transaction } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';

/** What was submitted under an `Idempotency-Key`. */
export interface KeyedSubmission {
  readonly scope: SubmissionScope;
  /** SHA-256 of the canonical payloads. */
  readonly fingerprint: string;
}

/** Finds what a key stood for first, and remembers it. */
@Injectable()
export class SubmissionReplay {
  constructor(
    private readonly keys: SubmissionKeyStore,
    private readonly tasks: TaskStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The tasks of the first submission under this key, whatever became of them since; `null` when there was none.
   * @throws ProblemError `IdempotencyMismatch` when the payload was another.
   */
  async find(session: Session, { scope, fingerprint }: KeyedSubmission): Promise<Task[] | null> {
    const first = await this.keys.find(session, scope, this.clock.now());
    if (first === null) return null;
    const tasks = await this.tasks.findByIds(session, first.taskIds);
    // A task that outlived its keep took its key along.
    if (tasks.length < first.taskIds.length) return null;
    if (first.fingerprint === fingerprint) return tasks;
    throw new ProblemError('IdempotencyMismatch', `Idempotency-Key '${scope.key}' was used for another payload within the last 24 hours.`);
  }

  async remember(transaction: Transaction, { scope, fingerprint }: KeyedSubmission, taskIds: Submission['taskIds']): Promise<void> {
    await this.keys.put(transaction, scope, { fingerprint, taskIds }, this.clock.now());
  }
}
