import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Both ends of one connection. */
interface Link {
  readonly client: Socket;
  readonly target: Socket;
}

/** Stands between a client and a server on this machine, and can be as bad as a network: lossy, slow, silent. */
export class TcpProxy {
  readonly #links = new Set<Link>();
  readonly #lost: Socket[] = [];
  readonly #server = createServer((client) => this.#join(client));
  #delayMs = 0;

  private constructor(private readonly targetPort: number) {}

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every connection that there is goes half-open: the server's end is gone, and the client is never told. New ones work. */
  lose(): void {
    for (const { client, target } of this.#links) {
      client.removeAllListeners('data').resume();
      this.#lost.push(client);
      target.removeAllListeners('close').destroy();
    }
    this.#links.clear();
  }

  /** What is sent from now on, in either direction, arrives so much later. */
  delay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Ends everything that goes through it; once, however often it is called. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const { client, target } of this.#links) {
      client.destroy();
      target.destroy();
    }
    for (const client of this.#lost) client.destroy();
    await closed;
  }

  #join(client: Socket): void {
    const target = connect(this.targetPort, '127.0.0.1');
    const link = { client, target };
    this.#links.add(link);
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('data', (chunk) => this.#carry(to, chunk));
      from.on('close', () => {
        this.#links.delete(link);
        to.destroy();
      });
    }
  }

  #carry(to: Socket, chunk: Buffer): void {
    if (this.#delayMs === 0) to.write(chunk);
    else setTimeout(() => to.write(chunk), this.#delayMs);
  }
}
