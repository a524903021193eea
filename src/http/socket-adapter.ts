import type { INestApplicationContext } from '@nestjs/common';
import type { RedisSocketAdapter } from '@joblib/redis';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { ANY_ORIGIN, mayConnect } from './origins.js';

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
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    return super.createIOServer(port, { ...options, ...this.#ownOptions() } as ServerOptions);
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
