import type { DeliveryView } from '@joblib/contract';

import type { Delivery } from './delivery.js';
import { isoTime } from './iso-time.js';

/** The wire form of a delivery. */
export function deliveryView(delivery: Delivery): DeliveryView {
  const { id, plugin, taskId, status, attempts, createdAt, nextAttemptAt, deliveredAt, error } = delivery;
  return {
    id,
    plugin,
    task_id: taskId,
    status,
    attempts,
    created_at: isoTime(createdAt),
    next_attempt_at: nextAttemptAt === null ? null : isoTime(nextAttemptAt),
    delivered_at: deliveredAt === null ? null : isoTime(deliveredAt),
    error,
  };
}
