import { Injectable } from '@nestjs/common';
import type { RoomEvent } from '@joblib/contract';
import type { Server } from 'socket.io';

import type { EventPublisher } from '../ports/index.js';

/** Emits events to socket rooms, in order. Until the gateway has its server there are no sockets, and events are dropped. */
@Injectable()
export class SocketEventPublisher implements EventPublisher {
  #server: Server | null = null;

  attach(server: Server): void {
    this.#server = server;
  }

  publish(events: readonly RoomEvent[]): Promise<void> {
    const server = this.#server;
    if (server === null) return Promise.resolve();
    try {
      for (const { event, rooms } of merged(events)) {
        if (isHeard(server, rooms)) server.to(rooms).emit(event.name, event.payload);
      }
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }
}

/** Adapters whose rooms are all known here; with any other the members may be on another server. */
const LOCAL_ADAPTERS = new Set(['Adapter', 'SessionAwareAdapter']);

/** An event for a room without members need not even be encoded; that is most of them. */
function isHeard(server: Server, rooms: readonly string[]): boolean {
  const { adapter } = server.sockets;
  return !LOCAL_ADAPTERS.has(adapter.constructor.name) || rooms.some((room) => adapter.rooms.has(room));
}

/** An event without payload for several rooms in a row becomes one, so that a socket in two of the rooms hears it once. */
function merged(events: readonly RoomEvent[]): { event: RoomEvent; rooms: string[] }[] {
  const groups: { event: RoomEvent; rooms: string[] }[] = [];
  for (const event of events) {
    const last = groups.at(-1);
    const isSame = last?.event.name === event.name && Object.keys(event.payload).length === 0;
    if (isSame) last.rooms.push(event.room);
    else groups.push({ event, rooms: [event.room] });
  }
  return groups;
}
