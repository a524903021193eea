export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
/** `pending`: on its way, or waiting for its next attempt; `failed`: for good, unless somebody asks for a retry. */
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export function isDeliveryStatus(value: unknown): value is DeliveryStatus {
  return (DELIVERY_STATUSES as readonly unknown[]).includes(value);
}

/** An item of the list of plugins. */
export interface PluginView {
  readonly name: string;
  readonly version: string;
  readonly author: string;
  readonly description: string;
  readonly capabilities: readonly string[];
  /** `built-in`, `instance`, or where its class was found: `package/file.js#Export`. */
  readonly source: string;
  /** How many there are of each status, over all servers. */
  readonly deliveries: Readonly<Record<DeliveryStatus, number>>;
  /** What the youngest delivery that failed, and has not been delivered since, failed with last; `null` without one. */
  readonly last_error: string | null;
}

/** A task on its way to a plugin. Times are ISO 8601, UTC. */
export interface DeliveryView {
  readonly id: string;
  /** Its name. */
  readonly plugin: string;
  readonly task_id: string;
  readonly status: DeliveryStatus;
  /** How often it was begun since it was made, or since the last retry. */
  readonly attempts: number;
  readonly created_at: string;
  /** `null` unless it is pending. */
  readonly next_attempt_at: string | null;
  readonly delivered_at: string | null;
  /** What the last attempt failed with. */
  readonly error: string | null;
}
