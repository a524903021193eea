import { ProblemError } from '@joblib/contract';

import { asUuid } from '../domain/uuid.js';
import type { Caller } from '../ports/index.js';

/**
 * The worker that a claim is for; `null` is any of the caller's, as without an id or with the caller's own.
 * @throws ProblemError `WorkerNotFound` for an id that none can have.
 */
export function claimingWorkerId(workerId: string | null | undefined, caller: Caller): string | null {
  if (workerId === undefined || workerId === null || workerId === caller.id) return null;
  const uuid = asUuid(workerId);
  if (uuid === null) throw new ProblemError('WorkerNotFound', `Worker '${workerId}' is not there.`);
  return uuid;
}
