import { io } from 'socket.io-client';

import type { TokenSource } from '../http/token-source.js';

/** The part of a Socket.IO client that is used; a `Socket` of `socket.io-client` is one. */
export interface JoblibSocket {
  readonly connected: boolean;
  /** Whether it will come back by itself. */
  readonly active: boolean;
  on(event: string, listener: SocketListener): unknown;
  off(event: string, listener: SocketListener): unknown;
  emit(event: string, payload: unknown, acknowledge: (answer: unknown) => void): unknown;
  connect(): unknown;
  disconnect(): unknown;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as socket.io-client has it: the event's name decides
export type SocketListener = (...args: any[]) => void;

/** Connects to the server at `url` (an origin, and maybe a prefix); asks for the token at each connection. */
export function openSocket(url: string, tokens: TokenSource): JoblibSocket {
  const { origin, pathname } = new URL(url);
  return io(origin, {
    path: `${pathname.replace(/\/+$/, '')}/socket.io`,
    // Polling first would need every request of one socket to reach the same server.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    forceNew: true,
    auth: (answer) => {
      tokens.get().then(
        (token) => answer({ token }),
        () => answer({}),
      );
    },
  });
}
