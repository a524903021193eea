import type { RoomEvent } from '@joblib/contract';

/** Drops later repeats of an event that tells a room nothing but its name (`jobs_invalidate`); order is kept. */
export function withoutRepeats(events: readonly RoomEvent[]): readonly RoomEvent[] {
  const seen = new Set<string>();
  return events.filter(({ name, room, payload }) => {
    if (Object.keys(payload).length > 0) return true;
    const pair = `${name} ${room}`;
    return !seen.has(pair) && seen.add(pair);
  });
}
