import type { RoomEvent } from '@joblib/contract';

/** Delivers events to socket rooms. Called after commit only; a rejection is logged and changes nothing. */
export interface EventPublisher {
  /** Events arrive in commit order, without duplicates. Room `room:*` is every room. */
  publish(events: readonly RoomEvent[]): Promise<void>;
}

export const EVENT_PUBLISHER = Symbol.for('joblib/EventPublisher');

/** Default without a gateway: nobody listens. */
export class SilentEventPublisher implements EventPublisher {
  publish(): Promise<void> {
    return Promise.resolve();
  }
}
