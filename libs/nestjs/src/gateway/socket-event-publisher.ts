import { EventEmitter } from 'node:events';

import { Injectable, Logger } from '@nestjs/common';
import type { RoomEvent } from '@joblib/contract';
import type { Namespace } from 'socket.io';

import type { EventPublisher } from '../ports/index.js';
import { emissionsOf } from './emissions.js';
import type { Emission } from './emissions.js';

/** Emits events to socket rooms, in order. Before there is a server it drops them: nobody can listen yet. */
@Injectable()
export class SocketEventPublisher implements EventPublisher {
  readonly #logger = new Logger('SocketEventPublisher');
  #namespace: Namespace | null = null;

  /** The namespace of the sockets, once it is there. */
  attach(namespace: Namespace): void {
    this.#namespace = namespace;
  }

  /** How many sockets are connected to this server. */
  get socketCount(): number {
    return this.#namespace?.sockets.size ?? 0;
  }

  /** Never rejects: an event that cannot be emitted is logged, and those behind it are emitted all the same. */
  publish(events: readonly RoomEvent[]): Promise<void> {
    if (this.#namespace !== null) for (const emission of emissionsOf(events)) this.#emit(this.#namespace, emission);
    return Promise.resolve();
  }

  #emit(namespace: Namespace, { name, rooms, payload }: Emission): void {
    try {
      const { adapter } = namespace;
      // Encoding for nobody would be a large part of what an event costs.
      const listening = knowsEveryMember(adapter) ? rooms.filter((room) => adapter.rooms.has(room)) : [...rooms];
      if (listening.length > 0) namespace.to(listening).emit(name, payload);
    } catch (error) {
      this.#logger.error(`${name} could not be sent to ${rooms.join(', ')}: ${String(error)}`);
    }
  }
}

/** Socket.IO's in-memory adapter does. Those that extend it reach other servers, or keep events for sockets that come back. */
function knowsEveryMember(adapter: Namespace['adapter']): boolean {
  return Object.getPrototypeOf(adapter.constructor) === EventEmitter;
}
