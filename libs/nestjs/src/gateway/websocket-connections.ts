import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import type { Server } from 'socket.io';

/** How long a client may take to close a connection whose websocket was closed. */
const FAREWELL_MS = 1_000;

/**
 * The connections that became websockets. The HTTP server no longer knows them, and yet waits for each of them when it closes; not every
 * client closes its end: the one of Python leaves it open.
 */
export class WebsocketConnections {
  readonly #open = new Set<Socket>();

  constructor(server: Server) {
    server.engine.on('headers', (_headers: unknown, request: IncomingMessage) => {
      if (request.headers.upgrade !== undefined) this.#remember(request.socket);
    });
  }

  /** Cuts what is still open a moment later. To be called when their websockets were closed. */
  cutSoon(): void {
    setTimeout(() => {
      for (const connection of this.#open) connection.destroy();
    }, FAREWELL_MS).unref();
  }

  #remember(connection: Socket): void {
    this.#open.add(connection);
    connection.once('close', () => this.#open.delete(connection));
  }
}
