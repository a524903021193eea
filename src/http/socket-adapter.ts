import type { INestApplicationContext } from '@nestjs/common';
import type { RedisSocketAdapter } from '@joblib/redis';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { ManagedTokens } from '../auth/managed-tokens.js';
import { ANY_ORIGIN, mayConnect } from './origins.js';
import { endRevokedSockets } from './revocable-sockets.js';

// The adapter's own types: it may bring a Socket.IO of its own.
type ServerOptions = NonNullable<Parameters<IoAdapter['createIOServer']>[1]>;
type Server = ReturnType<IoAdapter['createIOServer']>;

/** Socket.IO on the port of the HTTP server. */
export class SocketAdapter extends IoAdapter {
  constructor(
    app: INestApplicationContext,
    private readonly origins: readonly string[],
    /** Reaches the sockets of other servers; `null` without them. */
    private readonly adapter: RedisSocketAdapter | null,
    private readonly managedTokens: ManagedTokens,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const server = super.createIOServer(port, { ...options, ...this.#ownOptions() } as ServerOptions);
    endRevokedSockets(server, this.managedTokens);
    return server;
  }

  #ownOptions(): Partial<ServerOptions> {
    const { adapter, origins } = this;
    return {
      path: '/socket.io',
      serveClient: false,
      // The rules for other origins do not hold for websockets in browsers: the server has to look itself.
      allowRequest: (request, answer) => answer(null, mayConnect(request.headers.origin, request.headers.host, origins)),
      ...(adapter === null ? {} : { adapter }),
      ...(origins.length === 0 ? {} : { cors: { origin: origins.includes(ANY_ORIGIN) ? ANY_ORIGIN : [...origins] } }),
    };
  }
}
