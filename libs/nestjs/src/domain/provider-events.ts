import type { RoomEvent } from '@joblib/contract';
import { EVERY_ROOM, isReservedRoom, socketRoomOfProvider, socketRoomOfRoom } from '@joblib/contract';

/** The provider list of a room is to be read again; what is visible from every room is told to every room. */
export function providersInvalidateEvents(roomId: string): RoomEvent[] {
  const rooms = isReservedRoom(roomId) ? [socketRoomOfRoom(roomId), EVERY_ROOM] : [socketRoomOfRoom(roomId)];
  return rooms.map((room) => ({ name: 'providers_invalidate', room, payload: {} }));
}

/** Asks whoever answers for the provider. @param params canonical JSON, `requestHash` its hash. */
export function providerRequestEvent(providerName: string, requestHash: string, params: string): RoomEvent {
  const payload = { request_id: requestHash, provider_name: providerName, params };
  return { name: 'provider_request', room: socketRoomOfProvider(providerName), payload };
}

/** The result of a read is there. */
export function providerResultReadyEvent(providerName: string, requestHash: string, roomId: string): RoomEvent {
  const payload = { provider_name: providerName, request_hash: requestHash };
  return { name: 'provider_result_ready', room: socketRoomOfRoom(roomId), payload };
}
