import { pause } from '../clock.js';
import type { ClientClock } from '../clock.js';
import { backoffSeconds } from '../http/retries.js';
import { sentenceOf } from '../logger.js';
import type { ClientLogger } from '../logger.js';
import type { JoblibSocket, SocketListener } from './joblib-socket.js';

/** A socket room to be in, as the server's events name it, e.g. `join_job_room`, `leave_job_room`, `{job_name, worker_id}`. */
export interface SocketRoom {
  readonly join: string;
  readonly leave: string;
  readonly payload: Readonly<Record<string, string>>;
}

export interface SocketLinkOptions {
  /** Called when the first room is joined. */
  readonly open: () => JoblibSocket;
  /** Whether the socket is ours to close and to bring back, or the host's. */
  readonly isOwned: boolean;
  /** The server refused the connection: the token may be too old. Must not reject. */
  readonly onRefused: () => Promise<unknown>;
  /** The connection was lost while rooms were joined. */
  readonly onDropped: () => void;
  readonly clock: ClientClock;
  readonly logger: ClientLogger;
}

interface Membership {
  readonly room: SocketRoom;
  /** How many joined and have not left. */
  users: number;
  /** Told at each time that the room was joined, or refused. */
  readonly listeners: Set<() => void>;
}

/** How long a join is waited for. It goes on behind it. */
const JOIN_SECONDS = 5;

/** Stays in its rooms, whatever happens to the connection: they are joined again at each one. */
export class SocketLink {
  readonly #rooms = new Map<string, Membership>();
  readonly #listeners = new Map<string, Set<SocketListener>>();
  #socket: JoblibSocket | null = null;
  #refusals = 0;
  #comingBack = new AbortController();

  constructor(private readonly options: SocketLinkOptions) {}

  /** Whether there are rooms to be in and no connection. */
  get isDown(): boolean {
    return this.#rooms.size > 0 && this.#socket?.connected !== true;
  }

  /** Listens, before or after the connection is there. @returns the way to stop. */
  listen(event: string, listener: SocketListener): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    this.#socket?.on(event, listener);
    return () => {
      listeners.delete(listener);
      this.#socket?.off(event, listener);
    };
  }

  /** Resolves once in the room, or after some seconds: joining goes on in the background. `onJoined` is told each time. */
  async join(room: SocketRoom, onJoined?: () => void): Promise<void> {
    const joined = new AbortController();
    const answered = (): void => joined.abort();
    const membership: Membership = this.#rooms.get(keyOf(room)) ?? { room, users: 0, listeners: new Set() };
    membership.users += 1;
    membership.listeners.add(answered);
    if (onJoined !== undefined) membership.listeners.add(onJoined);
    this.#rooms.set(keyOf(room), membership);
    this.#socket ??= this.#open();
    if (this.#socket.connected) this.#send(membership);
    await pause(this.options.clock, JOIN_SECONDS * 1000, [joined.signal]);
    membership.listeners.delete(answered);
  }

  /** Leaves a room that was joined as often as it is left; the connection ends with the last room. */
  leave(room: SocketRoom, onJoined?: () => void): void {
    const membership = this.#rooms.get(keyOf(room));
    if (membership === undefined) return;
    if (onJoined !== undefined) membership.listeners.delete(onJoined);
    membership.users -= 1;
    if (membership.users > 0) return;
    this.#rooms.delete(keyOf(room));
    if (this.#socket?.connected === true) this.#socket.emit(room.leave, room.payload, () => undefined);
    if (this.#rooms.size === 0) this.#close();
  }

  #open(): JoblibSocket {
    const socket = this.options.open();
    this.#comingBack = new AbortController();
    for (const [event, listeners] of this.#listeners) for (const listener of listeners) socket.on(event, listener);
    socket.on('connect', this.#onConnect);
    socket.on('disconnect', this.#onDisconnect);
    socket.on('connect_error', this.#onConnectError);
    return socket;
  }

  #close(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    this.#comingBack.abort();
    for (const [event, listeners] of this.#listeners) for (const listener of listeners) socket.off(event, listener);
    socket.off('connect', this.#onConnect);
    socket.off('disconnect', this.#onDisconnect);
    socket.off('connect_error', this.#onConnectError);
    if (this.options.isOwned) socket.disconnect();
  }

  readonly #onConnect = (): void => {
    this.#refusals = 0;
    for (const membership of this.#rooms.values()) this.#send(membership);
  };

  readonly #onDisconnect = (): void => {
    if (this.#rooms.size > 0) this.options.onDropped();
    void this.#comeBack();
  };

  readonly #onConnectError = (error: unknown): void => {
    this.options.logger.info(`No socket yet: ${sentenceOf(error)}`);
    if (this.#socket?.active === false) void this.#comeBackWithAnotherToken();
  };

  async #comeBackWithAnotherToken(): Promise<void> {
    await this.options.onRefused();
    await this.#comeBack();
  }

  /** A socket that was refused, or that the server closed, does not come back by itself. */
  async #comeBack(): Promise<void> {
    const socket = this.#socket;
    if (socket === null || isActive(socket) || !this.options.isOwned) return;
    const { signal } = this.#comingBack;
    await pause(this.options.clock, backoffSeconds(this.#refusals) * 1000, [signal]);
    this.#refusals += 1;
    if (!signal.aborted && !isActive(socket)) socket.connect();
  }

  #send({ room: { join, payload }, listeners }: Membership): void {
    this.#socket?.emit(join, payload, (answer) => {
      const { status, detail } = (answer ?? {}) as { status?: unknown; detail?: unknown };
      if (status !== 'ok') this.options.logger.warn(`${join} ${JSON.stringify(payload)} was refused: ${String(detail)}`);
      for (const listener of [...listeners]) listener();
    });
  }
}

function isActive(socket: JoblibSocket): boolean {
  return socket.active;
}

function keyOf({ join, payload }: SocketRoom): string {
  return `${join} ${JSON.stringify(payload)}`;
}
