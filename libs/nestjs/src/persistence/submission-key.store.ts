import { Injectable } from '@nestjs/common';

import type { Session, Transaction } from './session.js';

/** What an `Idempotency-Key` is unique within. */
export interface SubmissionScope {
  readonly userId: string;
  readonly roomId: string;
  readonly jobName: string;
  readonly key: string;
}

/** The submission that a key stood for first. */
export interface Submission {
  /** SHA-256 of the canonical payloads. */
  readonly fingerprint: string;
  readonly taskIds: readonly string[];
}

/** How long a key is remembered. */
export const SUBMISSION_KEY_TTL_MS = 24 * 60 * 60 * 1000;

/** Idempotency keys of submissions. */
@Injectable()
export class SubmissionKeyStore {
  async find(session: Session, { userId, roomId, jobName, key }: SubmissionScope, now: number): Promise<Submission | null> {
    const since = now - SUBMISSION_KEY_TTL_MS;
    const row = await session.first(session.statements.housekeeping.findSubmission(userId, roomId, jobName, key, since));
    return row && { fingerprint: row.fingerprint, taskIds: JSON.parse(row.task_ids) as string[] };
  }

  /**
   * Gives the key a meaning, over one that has expired or is `useless` because its tasks are gone.
   * @returns whether it has that meaning now; another server may have been faster.
   */
  async put(
    transaction: Transaction,
    scope: SubmissionScope,
    { fingerprint, taskIds }: Submission,
    useless: Submission | null,
    now: number,
  ): Promise<boolean> {
    const entry = { ...scope, fingerprint, taskIds: JSON.stringify(taskIds), createdAt: now };
    const unless = {
      expiredBefore: now - SUBMISSION_KEY_TTL_MS,
      uselessTaskIds: useless && JSON.stringify(useless.taskIds),
    };
    return (await transaction.first(transaction.statements.housekeeping.putSubmission(entry, unless))) !== null;
  }

  /** @returns how many went, at most `limit`. */
  async deleteExpired(transaction: Transaction, now: number, limit: number): Promise<number> {
    const before = now - SUBMISSION_KEY_TTL_MS;
    return (await transaction.all(transaction.statements.housekeeping.deleteSubmissionsBefore(before, limit))).length;
  }
}
