import { once } from 'node:events';

import type { ProblemDocument, ServerEventName } from '@joblib/contract';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';

import { until as untilNamed } from '../support/until.js';

/** An event as it arrived. */
export interface Heard {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What an event was acknowledged with. */
export type Answered = { readonly status: 'ok' } | ProblemDocument;

export type Transport = 'websocket' | 'polling';

const clients = new Set<SocketClient>();

/** A connected socket that remembers what it heard. */
export class SocketClient {
  readonly heard: Heard[] = [];

  private constructor(readonly socket: Socket) {
    socket.onAny((name: string, payload: Heard['payload']) => this.heard.push({ name, payload }));
    clients.add(this);
  }

  /** Rejects with the `connect_error`. It does not come back by itself unless `reconnection`. */
  static async connect(
    origin: string,
    token: unknown,
    { transport = 'websocket', reconnection = false }: { transport?: Transport; reconnection?: boolean } = {},
  ): Promise<SocketClient> {
    const auth = token === undefined ? {} : { token };
    const socket = io(origin, { transports: [transport], auth, reconnection, reconnectionDelay: 10, forceNew: true });
    const client = new SocketClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return client;
  }

  /** Sends an event and waits for its acknowledgement. */
  ask(event: string, ...payload: unknown[]): Promise<Answered> {
    return this.socket.timeout(60_000).emitWithAck(event, ...payload) as Promise<Answered>;
  }

  joinJob(jobName: string, workerId: string): Promise<Answered> {
    return this.ask('join_job_room', { job_name: jobName, worker_id: workerId });
  }

  leaveJob(jobName: string, workerId: string): Promise<Answered> {
    return this.ask('leave_job_room', { job_name: jobName, worker_id: workerId });
  }

  joinRoom(roomId: string): Promise<Answered> {
    return this.ask('room_join', { room_id: roomId });
  }

  leaveRoom(roomId: string): Promise<Answered> {
    return this.ask('room_leave', { room_id: roomId });
  }

  /** Everything that was sent to this socket so far has arrived: events and acknowledgements share one ordered connection. */
  async settled(): Promise<readonly Heard[]> {
    await this.ask('room_leave', { room_id: 'nobody-is-in-this-room' });
    return this.heard;
  }

  /** The payloads of one kind of event, once everything that was sent has arrived. */
  async payloadsOf(name: ServerEventName): Promise<Heard['payload'][]> {
    return (await this.settled()).filter((event) => event.name === name).map(({ payload }) => payload);
  }

  /** Waits until an event like this has been heard. */
  async hears(name: ServerEventName, fields: Heard['payload'] = {}): Promise<Heard['payload']> {
    for (;;) {
      const found = this.heard.find(
        (event) => event.name === name && Object.entries(fields).every(([key, value]) => event.payload[key] === value),
      );
      if (found !== undefined) return found.payload;
      await once(this.#arrivals(), 'arrival');
    }
  }

  disconnect(): void {
    this.socket.disconnect();
  }

  #arrivals(): EventTarget {
    const target = new EventTarget();
    const tell = (): void => {
      this.socket.offAny(tell);
      target.dispatchEvent(new Event('arrival'));
    };
    this.socket.onAny(tell);
    return target;
  }
}

/** Ends all sockets of a test. */
export function disconnectAll(): void {
  for (const client of clients) client.disconnect();
  clients.clear();
}

/** Looks again and again until the condition holds. */
export function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  return untilNamed('what the sockets were to show', condition);
}
