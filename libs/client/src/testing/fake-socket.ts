import type { SocketListener } from '../sockets/joblib-socket.js';
import type { JoblibSocket } from '../sockets/joblib-socket.js';

/** What a socket needs of its server. */
export interface SocketHost {
  readonly isDown: boolean;
  /** Answers an event: `{status: 'ok'}` or a problem document. */
  receive(socket: FakeSocket, event: string, payload: Readonly<Record<string, string>>): unknown;
  drop(socket: FakeSocket): void;
}

/** A Socket.IO client of a `FakeServer`. It connects by itself, and again when its server comes back. */
export class FakeSocket implements JoblibSocket {
  readonly #listeners = new Map<string, Set<SocketListener>>();
  connected = false;
  active = true;

  constructor(private readonly host: SocketHost) {
    this.connect();
  }

  on(event: string, listener: SocketListener): this {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
    return this;
  }

  off(event: string, listener: SocketListener): this {
    this.#listeners.get(event)?.delete(listener);
    return this;
  }

  emit(event: string, payload: Readonly<Record<string, string>>, acknowledge: (answer: unknown) => void): this {
    queueMicrotask(() => {
      if (this.connected) acknowledge(this.host.receive(this, event, payload));
    });
    return this;
  }

  connect(): this {
    this.active = true;
    queueMicrotask(() => {
      if (this.connected || !this.active || this.host.isDown) return;
      this.connected = true;
      this.deliver('connect');
    });
    return this;
  }

  disconnect(): this {
    this.active = false;
    this.lose('io client disconnect');
    return this;
  }

  /** The connection breaks; unless it was closed on purpose, it comes back with `connect`. */
  lose(reason: string): void {
    if (!this.connected) return;
    this.connected = false;
    this.host.drop(this);
    this.deliver('disconnect', reason);
  }

  /** An event of the server's arrives. */
  deliver(event: string, payload?: unknown): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(payload);
  }
}
