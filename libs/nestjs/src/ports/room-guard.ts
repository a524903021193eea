import type { Caller } from './identity.js';

/** Runs before *register job*, *submit task* and *register provider*, after the format of the room id was checked. */
export interface RoomGuard {
  /** @throws ProblemError, e.g. `RoomLocked` (423), when nothing may be written to the room. */
  assertWritable(roomId: string, caller: Caller): Promise<void>;
}

export const ROOM_GUARD = Symbol.for('joblib/RoomGuard');

/** Default: every well-formed room is writable. */
export class OpenRoomGuard implements RoomGuard {
  assertWritable(): Promise<void> {
    return Promise.resolve();
  }
}
