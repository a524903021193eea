import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, RequestOptions, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How it chooses: one after the other, or always the same for whoever comes with its cookie. */
export type Policy = 'in-turn' | 'sticky';

const COOKIE = 'served-by';

/** The least that a load balancer does: it passes requests and websockets on, to the next one where one does not even accept connections. */
export class Balancer {
  /** Origins, `null` for a server that is out. */
  readonly targets: (string | null)[] = [];
  readonly #server = createServer((from, to) => void this.#forward(from, to));
  readonly #sockets = new Set<Socket>();
  #next = 0;

  private constructor(private readonly policy: Policy) {}

  static async start(targets: readonly string[], policy: Policy = 'in-turn'): Promise<Balancer> {
    const balancer = new Balancer(policy);
    balancer.targets.push(...targets);
    const server = balancer.#server;
    server.on('connection', (socket: Socket) => {
      balancer.#sockets.add(socket);
      socket.once('close', () => balancer.#sockets.delete(socket));
    });
    server.on('upgrade', (from: IncomingMessage, client: Socket, head: Buffer) => void balancer.#upgrade(from, client, head));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return balancer;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Every connection that there is breaks. New ones work. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #forward(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const body: Buffer[] = [];
    for await (const chunk of from as AsyncIterable<Buffer>) body.push(chunk);
    const whole = Buffer.concat(body);
    for (const index of this.#order(from)) {
      const isServed = await this.#serve(index, from, whole, to);
      if (isServed) return;
    }
    to.writeHead(503, { 'retry-after': '1' }).end();
  }

  /** @returns whether the server took the connection; what becomes of the request then is the client's to see. */
  #serve(index: number, from: IncomingMessage, body: Buffer, to: ServerResponse): Promise<boolean> {
    return new Promise((resolve) => {
      const upstream = request(this.#optionsFor(index, from), (answer) => {
        const cookies = this.policy === 'sticky' ? { 'set-cookie': `${COOKIE}=${index}` } : {};
        to.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...cookies });
        answer.pipe(to);
        answer.once('error', () => to.destroy());
        resolve(true);
      });
      to.once('close', () => upstream.destroy());
      upstream.once('error', (error: NodeJS.ErrnoException) => {
        const isRefused = error.code === 'ECONNREFUSED';
        if (!isRefused) to.destroy();
        resolve(!isRefused);
      });
      upstream.end(body);
    });
  }

  async #upgrade(from: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    for (const index of this.#order(from)) if (await this.#join(index, from, client, head)) return;
    client.destroy();
  }

  #join(index: number, from: IncomingMessage, client: Socket, head: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      const upstream = request(this.#optionsFor(index, from));
      upstream.once('upgrade', (answer: IncomingMessage, server: Socket, rest: Buffer) => {
        const lines = answer.rawHeaders.reduce((text, part, at) => text + part + (at % 2 === 0 ? ': ' : '\r\n'), '');
        client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`);
        server.write(head);
        client.write(rest);
        client.pipe(server).pipe(client);
        for (const [one, other] of [
          [client, server],
          [server, client],
        ] as const) {
          one.on('error', () => other.destroy());
          one.on('close', () => other.destroy());
        }
        resolve(true);
      });
      upstream.once('response', () => {
        client.destroy();
        resolve(true);
      });
      upstream.once('error', () => resolve(false));
      client.once('error', () => upstream.destroy());
      upstream.end();
    });
  }

  #optionsFor(index: number, from: IncomingMessage): RequestOptions {
    const { hostname, port } = new URL(this.targets[index] ?? 'http://127.0.0.1:1');
    // No connection is kept: one that the server closes just now would look like a failure of the server.
    return { hostname, port, method: from.method, path: from.url, headers: from.headers, agent: false };
  }

  #order({ headers }: IncomingMessage): number[] {
    const count = this.targets.length;
    const known = this.policy === 'sticky' ? new RegExp(`${COOKIE}=(\\d+)`).exec(headers.cookie ?? '')?.[1] : undefined;
    const first = known === undefined ? (this.#next += 1) % count : Number(known);
    return this.targets.map((_, step) => (first + step) % count).filter((index) => this.targets[index] !== null);
  }
}
