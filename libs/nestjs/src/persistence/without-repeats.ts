import type { RoomEvent } from '@joblib/contract';

/** They only say that something changed. */
const REPEATABLE = new Set<RoomEvent['name']>(['jobs_invalidate', 'providers_invalidate', 'plugins_invalidate', 'services_invalidate']);

/** Drops later repeats of an event that only says that something changed to the same room; order is kept. */
export function withoutRepeats(events: readonly RoomEvent[]): readonly RoomEvent[] {
  const told = new Set<string>();
  return events.filter(({ name, room }) => {
    if (!REPEATABLE.has(name)) return true;
    const pair = `${name} ${room}`;
    return !told.has(pair) && told.add(pair);
  });
}
