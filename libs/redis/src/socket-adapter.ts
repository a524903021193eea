import { RedisAdapter } from '@socket.io/redis-adapter';
import { isTaskStatus } from '@joblib/contract';

import type { RedisBus } from './redis-bus.js';
import { withoutHandshakes } from './socket-answers.js';
import { StatusOrder } from './status-order.js';

type Namespace = ConstructorParameters<typeof RedisAdapter>[0];
type Parser = RedisAdapter['parser'];
type Broadcast = Parameters<RedisAdapter['broadcast']>;

/** Makes the adapter of a namespace; what Socket.IO takes for its option `adapter`. */
export type RedisSocketAdapter = (namespace: Namespace) => RedisAdapter;

/**
 * Socket.IO's Redis adapter on the connections of a bus, for `new Server(…, { adapter })` or `server.adapter(…)`. While Redis is away events
 * reach the sockets of their own server, and asking for sockets elsewhere rejects; so it does while a server is silent that may have some.
 */
export function redisSocketAdapter(bus: RedisBus): RedisSocketAdapter {
  bus.announceSockets();
  // Socket.IO calls it with `new`, so an arrow will not do.
  return function adapterOf(namespace: Namespace): RedisAdapter {
    return new BusAdapter(namespace, bus);
  };
}

class BusAdapter extends RedisAdapter {
  readonly #order = new StatusOrder();

  constructor(
    namespace: Namespace,
    private readonly bus: RedisBus,
  ) {
    super(namespace, publishingOn(bus), listeningOn(bus), { key: `${bus.keyPrefix}sockets` });
    const { encode, decode } = this.parser;
    // The base class takes its parser as an option and keeps the default one to itself.
    (this as { parser: Parser }).parser = {
      encode: (message: unknown) => encode(message) as unknown,
      decode: (bytes: unknown) => this.#withoutStale(decode(bytes)),
    };
  }

  override broadcast(...[packet, options]: Broadcast): void {
    if (this.#admits(packet)) super.broadcast(packet, options);
  }

  override serverCount(): Promise<number> {
    return this.bus.assertAllHear(() => super.serverCount());
  }

  /** Answers that are still awaited keep no process alive. */
  override close(): Promise<void> | void {
    const { requests } = this as unknown as { readonly requests: ReadonlyMap<string, { readonly timeout: NodeJS.Timeout }> };
    for (const { timeout } of requests.values()) timeout.unref();
    return super.close();
  }

  /** A message of another server; the base class passes over one without a packet. */
  #withoutStale(message: unknown): unknown {
    if (!Array.isArray(message) || message[0] === this.uid || this.#admits(message[1])) return message;
    return [message[0], undefined, message[2]];
  }

  #admits(packet: unknown): boolean {
    const [name, payload] = ((packet ?? {}) as { data?: [unknown, unknown] }).data ?? [];
    if (name !== 'task_status_event') return true;
    const { id, status } = (payload ?? {}) as { id?: unknown; status?: unknown };
    return typeof id !== 'string' || !isTaskStatus(status) || this.#order.admits(id, status);
  }
}

/** What the adapter asks of a connection to publish with. It waits for no answer: nobody would hear of a rejection. */
function publishingOn(bus: RedisBus): object {
  const { publisher } = bus;
  return {
    publish: (channel: string, message: string | Buffer) =>
      bus.publish(channel, typeof message === 'string' ? withoutHandshakes(message) : message),
    send_command: (command: string, args: string[], answer: (error: Error | null, value?: unknown) => void) =>
      void publisher.call(command, ...args).then(
        (value) => answer(null, value),
        (error: unknown) => answer(error as Error),
      ),
    on: () => undefined,
    off: () => undefined,
  };
}

/** What the adapter asks of a connection to listen with. */
function listeningOn(bus: RedisBus): object {
  const { subscriber } = bus;
  return {
    subscribe: (channels: string[]) => bus.subscribe(channels),
    psubscribe: (pattern: string) => bus.subscribe([], [pattern]),
    unsubscribe: (channels: string[]) => bus.unsubscribe(channels),
    punsubscribe: (pattern: string) => bus.unsubscribe([], [pattern]),
    on: subscriber.on.bind(subscriber),
    off: subscriber.off.bind(subscriber),
  };
}
