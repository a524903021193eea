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

/** No plugin waits for the task: whatever was handed out has arrived. */
export const IS_DELIVERED = `NOT EXISTS (SELECT 1 FROM joblib_outbox WHERE joblib_outbox.task_id = joblib_task.id)
   AND NOT EXISTS (SELECT 1 FROM joblib_delivery WHERE joblib_delivery.task_id = joblib_task.id AND joblib_delivery.status <> 'delivered')`;
