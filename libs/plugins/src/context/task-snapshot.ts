import type { TerminalStatus } from '@joblib/contract';

/** A task as it was when it ended. Times are ISO 8601, UTC. */
export interface TaskSnapshot {
  readonly id: string;
  /** Its full name: `room_id:category:name`. */
  readonly job: string;
  readonly room: string;
  readonly status: TerminalStatus;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly result: unknown;
  readonly error: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly completedAt: string;
}
