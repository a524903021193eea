import { Inject } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { OnGatewayDisconnect, OnGatewayInit } from '@nestjs/websockets';
import type { DefaultEventsMap, Server, Socket } from 'socket.io';

import { IDENTITY } from '../ports/index.js';
import type { Caller, Identity } from '../ports/index.js';
import { JoinRooms } from './join-rooms.service.js';
import { ConnectionRefused, acknowledge, socketProblem } from './socket-answers.js';
import type { Acknowledgement } from './socket-answers.js';
import { SocketEventPublisher } from './socket-event-publisher.js';
import { WebsocketConnections } from './websocket-connections.js';

/** A socket that was let in. */
type CallerSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, { joblibCaller: Caller }>;

/** Socket.IO on the default namespace. What a handler returns is the acknowledgement; without one asked for, nothing is sent. */
@WebSocketGateway()
export class JoblibGateway implements OnGatewayInit<Server>, OnGatewayDisconnect<CallerSocket>, BeforeApplicationShutdown {
  #server: Server | null = null;
  #websockets: WebsocketConnections | null = null;

  constructor(
    private readonly joinRooms: JoinRooms,
    private readonly publisher: SocketEventPublisher,
    @Inject(IDENTITY) private readonly identity: Identity,
  ) {}

  afterInit(server: Server): void {
    this.#server = server;
    this.#websockets = new WebsocketConnections(server);
    const namespace = server.of('/');
    namespace.use((socket, next) => {
      this.#authenticate(socket as CallerSocket).then(
        () => next(),
        (error: unknown) => next(new ConnectionRefused(socketProblem('connect', error))),
      );
    });
    this.joinRooms.attach(namespace);
    this.publisher.attach(namespace);
  }

  handleDisconnect(socket: CallerSocket, reason?: string): void {
    this.joinRooms.disconnect(socket, reason);
  }

  @SubscribeMessage('join_job_room')
  joinJob(@ConnectedSocket() socket: CallerSocket, @MessageBody() payload: unknown): Promise<Acknowledgement> {
    return acknowledge('join_job_room', () => this.joinRooms.joinJob(socket, socket.data.joblibCaller, payload));
  }

  @SubscribeMessage('leave_job_room')
  leaveJob(@ConnectedSocket() socket: CallerSocket, @MessageBody() payload: unknown): Promise<Acknowledgement> {
    return acknowledge('leave_job_room', () => this.joinRooms.leaveJob(socket, payload));
  }

  @SubscribeMessage('join_provider_room')
  joinProvider(@ConnectedSocket() socket: CallerSocket, @MessageBody() payload: unknown): Promise<Acknowledgement> {
    return acknowledge('join_provider_room', () => this.joinRooms.joinProvider(socket, socket.data.joblibCaller, payload));
  }

  @SubscribeMessage('leave_provider_room')
  leaveProvider(@ConnectedSocket() socket: CallerSocket, @MessageBody() payload: unknown): Promise<Acknowledgement> {
    return acknowledge('leave_provider_room', () => this.joinRooms.leaveProvider(socket, payload));
  }

  @SubscribeMessage('room_join')
  joinRoom(@ConnectedSocket() socket: CallerSocket, @MessageBody() payload: unknown): Promise<Acknowledgement> {
    return acknowledge('room_join', () => this.joinRooms.joinRoom(socket, socket.data.joblibCaller, payload));
  }

  @SubscribeMessage('room_leave')
  leaveRoom(@ConnectedSocket() socket: CallerSocket, @MessageBody() payload: unknown): Promise<Acknowledgement> {
    return acknowledge('room_leave', () => this.joinRooms.leaveRoom(socket, payload));
  }

  /**
   * Closes the connections under the sockets, so that the process can end. Not the sockets themselves: told that it was the server who
   * disconnected them, clients would not come back by themselves.
   */
  beforeApplicationShutdown(): void {
    this.#server?.engine.close();
    this.#websockets?.cutSoon();
  }

  async #authenticate(socket: CallerSocket): Promise<void> {
    const { auth, headers } = socket.handshake;
    socket.data.joblibCaller = await this.identity.authenticate({ auth, authorization: headers.authorization, request: socket.handshake });
  }
}
