import type { RoomEvent } from '@joblib/contract';
import { EVERY_ROOM, isReservedRoom, socketRoomOfRoom } from '@joblib/contract';

/** The job list of a room is to be read again; what is visible from every room is told to every room. */
export function jobsInvalidateEvents(roomId: string): RoomEvent[] {
  const rooms = isReservedRoom(roomId) ? [socketRoomOfRoom(roomId), EVERY_ROOM] : [socketRoomOfRoom(roomId)];
  return rooms.map((room) => ({ name: 'jobs_invalidate', room, payload: {} }));
}
