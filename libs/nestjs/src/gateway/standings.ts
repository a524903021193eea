import { socketRoomOfWorker } from './joining-socket.js';

/** A worker that no socket of this server stands for any more. */
export interface Dropped {
  readonly workerId: string;
  /** When it last joined here; epoch milliseconds. */
  readonly joinedAt: number;
}

interface Standing {
  readonly socketIds: Set<string>;
  joinedAt: number;
}

/** Which sockets of this server stand for which workers, and through which socket rooms. Any socket for any number of workers, and the other way round. */
export class Standings {
  /** socket id → worker id → socket rooms */
  readonly #sockets = new Map<string, Map<string, Set<string>>>();
  readonly #workers = new Map<string, Standing>();

  has(workerId: string): boolean {
    return this.#workers.has(workerId);
  }

  /** From now on the socket stands for the worker in a socket room. @returns whether it did not before. */
  add(socketId: string, workerId: string, socketRoom: string, joinedAt: number): boolean {
    const roomsOfWorker = this.#sockets.get(socketId) ?? new Map<string, Set<string>>();
    this.#sockets.set(socketId, roomsOfWorker);
    const rooms = roomsOfWorker.get(workerId) ?? new Set<string>();
    const isNew = !rooms.has(socketRoom);
    roomsOfWorker.set(workerId, rooms.add(socketRoom));
    const standing = this.#workers.get(workerId) ?? { socketIds: new Set(), joinedAt };
    standing.socketIds.add(socketId);
    standing.joinedAt = Math.max(standing.joinedAt, joinedAt);
    this.#workers.set(workerId, standing);
    return isNew;
  }

  /** The opposite; out of its last room the socket does not stand for the worker any more. @returns the socket rooms to leave. */
  remove(socketId: string, workerId: string, socketRoom: string): string[] {
    const roomsOfWorker = this.#sockets.get(socketId);
    const rooms = roomsOfWorker?.get(workerId);
    if (roomsOfWorker === undefined || rooms === undefined || !rooms.delete(socketRoom)) return [];
    // Another worker of this socket may be in the same room.
    const toLeave = [...roomsOfWorker.values()].some((others) => others.has(socketRoom)) ? [] : [socketRoom];
    if (rooms.size > 0) return toLeave;
    roomsOfWorker.delete(workerId);
    if (roomsOfWorker.size === 0) this.#sockets.delete(socketId);
    this.#part(socketId, workerId);
    return [...toLeave, socketRoomOfWorker(workerId)];
  }

  /** The socket is gone. @returns the workers for which it was the last one here. */
  drop(socketId: string): Dropped[] {
    const workerIds = [...(this.#sockets.get(socketId)?.keys() ?? [])];
    this.#sockets.delete(socketId);
    return workerIds.flatMap((workerId) => {
      const joinedAt = this.#part(socketId, workerId);
      return joinedAt === null ? [] : [{ workerId, joinedAt }];
    });
  }

  /** @returns when the worker last joined here, if this was its last socket. */
  #part(socketId: string, workerId: string): number | null {
    const standing = this.#workers.get(workerId);
    if (standing === undefined) return null;
    standing.socketIds.delete(socketId);
    if (standing.socketIds.size > 0) return null;
    this.#workers.delete(workerId);
    return standing.joinedAt;
  }
}
