/** How often a delivery is begun, and the longest pause in between. */
export interface DeliveryPatience {
  readonly deliveryMaxAttempts: number;
  readonly deliveryBackoffMaxSeconds: number;
}

/** When a delivery that failed is tried again: after 1, 2, 4 … seconds, up to a longest pause; `null` after the last attempt. */
export function nextAttemptAt(attempts: number, now: number, patience: DeliveryPatience): number | null {
  if (attempts >= patience.deliveryMaxAttempts) return null;
  return now + Math.min(2 ** (attempts - 1), patience.deliveryBackoffMaxSeconds) * 1000;
}
