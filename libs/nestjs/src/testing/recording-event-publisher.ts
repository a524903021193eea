import type { RoomEvent, ServerEventName, ServerEvents } from '@joblib/contract';

import type { EventPublisher } from '../ports/index.js';

/** Keeps what was published, in order. */
export class RecordingEventPublisher implements EventPublisher {
  readonly events: RoomEvent[] = [];

  publish(events: readonly RoomEvent[]): Promise<void> {
    this.events.push(...events);
    return Promise.resolve();
  }

  /** The payloads of one kind of event, in order. */
  payloadsOf<Name extends ServerEventName>(name: Name): ServerEvents[Name][] {
    return this.events.filter((event) => event.name === name).map(({ payload }) => payload as ServerEvents[Name]);
  }

  clear(): void {
    this.events.length = 0;
  }
}
