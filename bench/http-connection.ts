import { connect, type Socket } from 'node:net';
import { ResponseParser, type HttpResponse } from './response-parser.js';

const READ_BUFFER_BYTES = 64 * 1024;
const SILENCE_LIMIT_MS = 60_000;

interface Waiter {
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * A keep-alive connection with one request in flight, on bare `net`: general HTTP clients fill a core before the server under test does.
 * Every failure (refused, closed, silent for 60 s, not HTTP) rejects the request in flight and all later ones.
 */
export class HttpConnection {
  readonly #socket: Socket;
  #waiter: Waiter | null = null;
  #failure: Error | null = null;

  private constructor(host: string, port: number) {
    const parser = new ResponseParser((response) => this.#answer(response));
    const onBytes = (byteCount: number, buffer: Uint8Array): boolean => {
      try {
        parser.push(Buffer.from(buffer.buffer, buffer.byteOffset, byteCount));
      } catch (error) {
        this.#fail(error as Error);
      }
      return true;
    };
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: Buffer.alloc(READ_BUFFER_BYTES), callback: onBytes } });
    this.#socket.setTimeout(SILENCE_LIMIT_MS, () => this.#fail(new Error(`No answer within ${SILENCE_LIMIT_MS} ms.`)));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => {
      try {
        parser.end();
      } catch (error) {
        this.#fail(error as Error);
      }
      this.#fail(new Error('The connection was closed.'));
    });
  }

  /** Resolves once connected. `origin` is for example `http://127.0.0.1:8000`. */
  static async open(origin: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(origin);
    const connection = new HttpConnection(hostname, Number(port));
    await new Promise<void>((resolve, reject) => {
      connection.#socket.once('connect', resolve);
      connection.#socket.once('error', reject);
    });
    return connection;
  }

  /** Sends one whole request as text, see `formatRequest`. */
  send(request: string): Promise<HttpResponse> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#waiter) return Promise.reject(new Error('A request is already in flight on this connection.'));
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#socket.write(request, 'utf8');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #answer(response: HttpResponse): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    if (!response.keepAlive) this.#failure = new Error('The server closed a connection that was to be kept alive.');
    if (waiter) waiter.resolve(response);
    else this.#fail(new Error('An answer came that nobody had asked for.'));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.reject(this.#failure);
  }
}

/** Everything of a request up to the value of `Content-Length`, which is its last header. */
export function requestHead(method: string, path: string, host: string, token: string | null): string {
  return `${method} ${path} ${headersOf(host, token)}`;
}

/** The part of `requestHead` behind the path, for addresses that differ with every request. */
export function headersOf(host: string, token: string | null): string {
  const authorization = token === null ? '' : `Authorization: Bearer ${token}\r\n`;
  return `HTTP/1.1\r\nHost: ${host}\r\n${authorization}Content-Type: application/json\r\nContent-Length: `;
}

/** `head` from `requestHead`; an empty `body` is sent as such. */
export function formatRequest(head: string, body: string): string {
  return `${head}${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
