import type { JsonText } from './task.js';

/** A job as it is stored. A soft-deleted one stays for its tasks' sake and comes back when it is registered again. */
export interface Job {
  readonly id: string;
  readonly roomId: string;
  readonly category: string;
  readonly name: string;
  readonly schema: JsonText;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly deletedAt: number | null;
}
