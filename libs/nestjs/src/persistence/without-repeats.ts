import type { RoomEvent } from '@joblib/contract';

/** Drops later repeats of an event that only says that something changed (`jobs_invalidate`) to the same room; order is kept. */
export function withoutRepeats(events: readonly RoomEvent[]): readonly RoomEvent[] {
  const told = new Set<string>();
  return events.filter(({ name, room }) => name !== 'jobs_invalidate' || (!told.has(room) && told.add(room)));
}
