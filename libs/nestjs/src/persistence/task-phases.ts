import { isTerminal } from '@joblib/contract';
import type { TaskStatus } from '@joblib/contract';

// The conditions of the partial indexes, in terms of what changes twice in a task's life: starting it, and its progress, touch no index.
export const IS_PENDING = 'claimed_at IS NULL AND completed_at IS NULL';
export const IS_ACTIVE = 'claimed_at IS NOT NULL AND completed_at IS NULL';
export const HAS_ENDED = 'completed_at IS NOT NULL';

/** The phase in which a task of a status is. */
export function phaseOf(status: TaskStatus): string {
  if (status === 'pending') return IS_PENDING;
  return isTerminal(status) ? HAS_ENDED : IS_ACTIVE;
}
