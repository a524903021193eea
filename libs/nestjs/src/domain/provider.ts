import type { JsonText } from './task.js';

/** A provider as it is stored. */
export interface Provider {
  readonly id: string;
  readonly roomId: string;
  readonly category: string;
  readonly name: string;
  /** Of the read parameters. */
  readonly schema: JsonText;
  /** Media type of its answers. */
  readonly contentType: string;
  readonly userId: string;
  /** `null` for those that the servers run themselves. */
  readonly workerId: string | null;
  /** Another one after each registration: answers belong to the registration that they were given under. */
  readonly registrationId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}
