import type { Server, Socket } from 'socket.io';
import { bearerTokenOf } from '../auth/bearer-token.js';
import type { ManagedTokens, TokenHolder } from '../auth/managed-tokens.js';

/** Ends sockets when the token that they came with is revoked: who they are is asked at the handshake only. To be called before they come. */
export function endRevokedSockets(server: Server, tokens: ManagedTokens): void {
  const holders = new WeakMap<Socket, TokenHolder>();
  server.use((socket, next) => {
    const { auth, headers } = socket.handshake;
    const token = bearerTokenOf({ auth, authorization: headers.authorization, request: socket.handshake });
    const holder = token === null ? null : tokens.holderOf(token);
    if (holder !== null) holders.set(socket, holder);
    next();
  });
  server.on('connection', (socket) => {
    const revoked = holders.get(socket)?.revoked;
    if (revoked === undefined) return;
    const end = (): void => void socket.disconnect(true);
    // It may have happened since it was let in.
    if (revoked.aborted) end();
    revoked.addEventListener('abort', end);
    socket.once('disconnect', () => revoked.removeEventListener('abort', end));
  });
}
