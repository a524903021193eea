import type { DeliveryStatus } from '@joblib/contract';

/** Which tasks a plugin is given: verification reports, or all that end. */
export type PluginAccepts = 'reports' | 'tasks';

/** A task on its way to a plugin. Times are epoch milliseconds, UTC. */
export interface Delivery {
  readonly id: string;
  readonly plugin: string;
  readonly taskId: string;
  readonly status: DeliveryStatus;
  /** How often it was begun since it was made, or was begun anew. */
  readonly attempts: number;
  readonly createdAt: number;
  /** From when it may be begun again: the end of a pause, or of the time that its server has for it. `null` unless it is pending. */
  readonly nextAttemptAt: number | null;
  readonly deliveredAt: number | null;
  /** What the last attempt failed with. */
  readonly error: string | null;
}
