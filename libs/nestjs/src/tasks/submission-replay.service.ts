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
  async find(session: Session, keyed: KeyedSubmission): Promise<Task[] | null> {
    const first = await this.keys.find(session, keyed.scope, this.clock.now());
    return first && (await this.#tasksOf(session, keyed, first));
  }

  /**
   * Makes the key stand for the tasks, which are not inserted yet: whoever gives it its meaning inserts them.
   * @returns the tasks of a submission that was faster, or `null` when these are to be inserted.
   * @throws ProblemError `IdempotencyMismatch` when the payload was another.
   */
  async remember(transaction: Transaction, keyed: KeyedSubmission, taskIds: Submission['taskIds']): Promise<Task[] | null> {
    for (;;) {
      const now = this.clock.now();
      const first = await this.keys.find(transaction, keyed.scope, now);
      const tasks = first && (await this.#tasksOf(transaction, keyed, first));
      if (tasks !== null) return tasks;
      if (await this.keys.put(transaction, keyed.scope, { fingerprint: keyed.fingerprint, taskIds }, first, now)) return null;
    }
  }

  async #tasksOf(session: Session, { scope, fingerprint }: KeyedSubmission, first: Submission): Promise<Task[] | null> {
    const tasks = await this.tasks.findByIds(session, first.taskIds);
    // A task that outlived its keep took its key along.
    if (tasks.length < first.taskIds.length) return null;
    if (first.fingerprint === fingerprint) return tasks;
    throw new ProblemError('IdempotencyMismatch', `Idempotency-Key '${scope.key}' was used for another payload within the last 24 hours.`);
  }
}
