import type { RoomEvent } from '@joblib/contract';
import { EVERY_ROOM } from '@joblib/contract';

/** A delivery failed for good, or was retried: whoever shows plugins reads them again. */
export function pluginsInvalidateEvent(): RoomEvent {
  return { name: 'plugins_invalidate', room: EVERY_ROOM, payload: {} };
}
