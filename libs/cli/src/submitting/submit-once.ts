import { ServerUnreachableError } from '@joblib/client';
import type { JobManager } from '@joblib/client';
import type { TaskView } from '@joblib/contract';

import { CommandFailure, errorLine } from '../errors.js';

/** A task to be. */
export interface Wish {
  readonly room: string;
  /** Full name. */
  readonly job: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Whoever submits again with it gets the first task. */
  readonly key: string;
}

/** Failures of connections that nothing was sent over. */
const NOTHING_SENT = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/;

/** Submits. When it is not known whether the server has it, the error says how to find out without a second task. */
export async function submitOnce(manager: JobManager, { room, job, payload, key }: Wish): Promise<TaskView> {
  try {
    return await manager.submit(job, payload, { room, idempotencyKey: key });
  } catch (error) {
    if (!(error instanceof ServerUnreachableError) || NOTHING_SENT.test(error.message)) throw error;
    throw new CommandFailure(`${errorLine(error)}. ${unknownOutcome(key)}`, { cause: error });
  }
}

/** What to do when the answer got lost. */
export function unknownOutcome(key: string): string {
  return `The task may be there all the same: the same command with --idempotency-key ${key} makes no second one.`;
}
