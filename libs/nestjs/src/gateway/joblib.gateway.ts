import { Inject } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { OnGatewayDisconnect, OnGatewayInit } from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';

import { IDENTITY } from '../ports/index.js';
import type { Caller, Identity } from '../ports/index.js';
import { acknowledged, socketProblem } from './acknowledge.js';
import type { Acknowledgement } from './acknowledge.js';
import { JoinRooms, socketRoomOfWorker } from './join-rooms.service.js';
import { SocketEventPublisher } from './socket-event-publisher.js';
import { WorkerPresence } from './worker-presence.service.js';

type JoblibSocket = Socket<never, never, never, { caller: Caller }>;

/** The Socket.IO side of the contract, namespace `/`. What a client sends is acknowledged with `{status: "ok"}` or a problem document. */
@WebSocketGateway()
export class JoblibGateway implements OnGatewayInit<Server>, OnGatewayDisconnect<JoblibSocket>, BeforeApplicationShutdown {
  #server: Server | null = null;

  constructor(
    private readonly joins: JoinRooms,
    private readonly publisher: SocketEventPublisher,
    private readonly presence: WorkerPresence,
    @Inject(IDENTITY) private readonly identity: Identity,
  ) {}

  /** Sockets connected to this server. */
  get socketCount(): number {
    return this.#server?.engine.clientsCount ?? 0;
  }

  afterInit(server: Server): void {
    this.#server = server;
    server.use((socket, next) => {
      this.#authenticate(socket).then(
        () => next(),
        (error: unknown) => next(refusalOf(error)),
      );
    });
    this.publisher.attach(server);
    this.presence.askElsewhere(async (workerId) => (await server.in(socketRoomOfWorker(workerId)).fetchSockets()).length > 0);
  }

  handleDisconnect(socket: JoblibSocket): void {
    this.joins.disconnect(socket);
  }

  @SubscribeMessage('join_job_room')
  joinJob(@ConnectedSocket() socket: JoblibSocket, @MessageBody() payload: unknown): Promise<Acknowledgement> {
    return acknowledged(() => this.joins.joinJob(socket, socket.data.caller, payload));
  }

  @SubscribeMessage('leave_job_room')
  leaveJob(@ConnectedSocket() socket: JoblibSocket, @MessageBody() payload: unknown): Promise<Acknowledgement> {
    return acknowledged(() => this.joins.leaveJob(socket, payload));
  }

  @SubscribeMessage('room_join')
  joinRoom(@ConnectedSocket() socket: JoblibSocket, @MessageBody() payload: unknown): Promise<Acknowledgement> {
    return acknowledged(() => this.joins.joinRoom(socket, socket.data.caller, payload));
  }

  @SubscribeMessage('room_leave')
  leaveRoom(@ConnectedSocket() socket: JoblibSocket, @MessageBody() payload: unknown): Promise<Acknowledgement> {
    return acknowledged(() => this.joins.leaveRoom(socket, payload));
  }

  /** Clients see a closed connection and reconnect, here or elsewhere. */
  beforeApplicationShutdown(): void {
    this.#server?.disconnectSockets(true);
  }

  async #authenticate(socket: Socket): Promise<void> {
    const { auth, headers } = socket.handshake;
    (socket as JoblibSocket).data.caller = await this.identity.authenticate({
      auth,
      authorization: headers.authorization,
      request: socket.handshake,
    });
  }
}

/** Socket.IO hands `message` and `data` to the client's `connect_error`. */
function refusalOf(error: unknown): Error {
  const document = socketProblem(error);
  return Object.assign(new Error(document.detail), { data: document });
}
