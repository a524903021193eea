/** What is needed of a socket: every server-side Socket.IO socket has it. The same object has to be given each time. */
export interface JoiningSocket {
  readonly id: string;
  /** `false` from the moment that its disconnection is told. */
  readonly connected: boolean;
  join(rooms: string[]): Promise<void> | void;
  leave(room: string): Promise<void> | void;
}

/** What is needed of a Socket.IO server or namespace to find a worker's sockets, on whichever server they are. */
export interface SocketFinder {
  in(room: string): { fetchSockets(): Promise<readonly unknown[]> };
}

/** Socket room of all sockets that stand for a worker. No client can ask for it. */
export function socketRoomOfWorker(workerId: string): string {
  return `worker:${workerId}`;
}

/** A worker that may stand in a socket room, and when that was stored as a sign of life (epoch milliseconds). */
export interface Admitted {
  readonly workerId: string;
  readonly joinedAt: number;
}
