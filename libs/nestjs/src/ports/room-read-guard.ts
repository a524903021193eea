import type { Caller } from './identity.js';

/** Runs before a socket joins `room:<id>`, on every GET below `/rooms/{room}`, and with the task's room on `GET /tasks/{id}`. */
export interface RoomReadGuard {
  /** @throws ProblemError, e.g. `Forbidden`, when the caller may not see the room. */
  assertReadable(roomId: string, caller: Caller): Promise<void>;
}

export const ROOM_READ_GUARD = Symbol.for('joblib/RoomReadGuard');

/** Default: every room is readable. */
export class OpenRoomReadGuard implements RoomReadGuard {
  assertReadable(): Promise<void> {
    return Promise.resolve();
  }
}
