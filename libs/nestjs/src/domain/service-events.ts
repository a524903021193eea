import type { RoomEvent } from '@joblib/contract';
import { EVERY_ROOM } from '@joblib/contract';

/** A service changed: whoever shows services reads them again. */
export function servicesInvalidateEvent(): RoomEvent {
  return { name: 'services_invalidate', room: EVERY_ROOM, payload: {} };
}
