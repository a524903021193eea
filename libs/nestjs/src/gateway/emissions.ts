import type { RoomEvent } from '@joblib/contract';

/** One event for one or more socket rooms; a socket in several of them gets it once. */
export interface Emission {
  readonly name: RoomEvent['name'];
  readonly rooms: readonly string[];
  readonly payload: RoomEvent['payload'];
}

/** In order. Neighbours that say nothing but the same name (`jobs_invalidate` for `room:@global` and `room:*`) become one. */
export function emissionsOf(events: readonly RoomEvent[]): Emission[] {
  const emissions: { name: RoomEvent['name']; rooms: string[]; payload: RoomEvent['payload'] }[] = [];
  for (const { name, room, payload } of events) {
    const last = emissions.at(-1);
    if (last?.name === name && isEmpty(payload) && isEmpty(last.payload)) last.rooms.push(room);
    else emissions.push({ name, rooms: [room], payload });
  }
  return emissions;
}

function isEmpty(payload: RoomEvent['payload']): boolean {
  return Object.keys(payload).length === 0;
}
