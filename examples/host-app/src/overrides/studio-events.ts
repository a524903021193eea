import { Injectable } from '@nestjs/common';
import type { RoomEvent } from '@joblib/contract';
import { SocketEventPublisher } from '@joblib/nestjs';
import type { EventPublisher } from '@joblib/nestjs';

const KEPT_EVENTS = 100;

/** `EVENT_PUBLISHER`: to the sockets of our own server, and into what happened lately. */
@Injectable()
export class StudioEvents implements EventPublisher {
  #latest: RoomEvent[] = [];

  constructor(private readonly sockets: SocketEventPublisher) {}

  /** The last 100, oldest first. */
  get latest(): readonly RoomEvent[] {
    return this.#latest;
  }

  async publish(events: readonly RoomEvent[]): Promise<void> {
    this.#latest = [...this.#latest, ...events].slice(-KEPT_EVENTS);
    await this.sockets.publish(events);
  }
}
