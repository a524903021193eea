import type { Server as HttpServer } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import { IDENTITY, JoinRooms, SocketEventPublisher } from '@joblib/nestjs';
import type { Caller, Identity } from '@joblib/nestjs';
import { Server } from 'socket.io';
import type { DefaultEventsMap, Socket } from 'socket.io';

type StudioSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, { caller: Caller }>;
type Acknowledge = (answer: object) => void;

/** Our own Socket.IO server: our events, and those of joblib, on the same connection. */
@Injectable()
export class StudioSockets implements BeforeApplicationShutdown {
  #server: Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, { caller: Caller }> | null = null;

  constructor(
    @Inject(IDENTITY) private readonly identity: Identity,
    private readonly joinRooms: JoinRooms,
    private readonly publisher: SocketEventPublisher,
  ) {}

  serve(http: HttpServer): void {
    const server = (this.#server = new Server(http, { path: '/studio/socket.io', serveClient: false }));
    this.joinRooms.attach(server);
    this.publisher.attach(server.of('/'));
    server.use((socket, next) => void this.#letIn(socket).then(() => next(), next));
    server.on('connection', (socket) => this.#listen(socket));
  }

  /** Not the sockets: told that we disconnected them, clients would not come back by themselves. */
  beforeApplicationShutdown(): void {
    this.#server?.engine.close();
  }

  async #letIn(socket: StudioSocket): Promise<void> {
    const { auth, headers } = socket.handshake;
    socket.data.caller = await this.identity.authenticate({ auth, authorization: headers.authorization, request: socket.handshake });
  }

  #listen(socket: StudioSocket): void {
    const { caller } = socket.data;
    const on = (event: string, work: (payload: unknown) => Promise<void>): void =>
      void socket.on(event, (payload: unknown, acknowledge?: Acknowledge) => void answer(work(payload), acknowledge));
    on('join_job_room', (payload) => this.joinRooms.joinJob(socket, caller, payload));
    on('leave_job_room', (payload) => this.joinRooms.leaveJob(socket, payload));
    on('join_provider_room', (payload) => this.joinRooms.joinProvider(socket, caller, payload));
    on('leave_provider_room', (payload) => this.joinRooms.leaveProvider(socket, payload));
    on('room_join', (payload) => this.joinRooms.joinRoom(socket, caller, payload));
    on('room_leave', (payload) => this.joinRooms.leaveRoom(socket, payload));
    socket.on('disconnect', (reason) => this.joinRooms.disconnect(socket, reason));
    // Ours.
    socket.on('shout', (words: unknown) => void socket.broadcast.emit('shouted', { from: caller.id, words }));
  }
}

async function answer(work: Promise<void>, acknowledge: Acknowledge = () => undefined): Promise<void> {
  try {
    await work;
    acknowledge({ status: 'ok' });
  } catch (error) {
    acknowledge(error instanceof ProblemError ? error.toDocument() : new ProblemError('InternalError', 'It broke.').toDocument());
  }
}
