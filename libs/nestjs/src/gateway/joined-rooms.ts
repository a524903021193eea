/** For one socket: which socket rooms it is in, and on behalf of which worker. */
export class JoinedRooms {
  readonly #roomsOfWorker = new Map<string, Set<string>>();
  readonly #peopleRooms = new Set<string>();

  /** Workers that the socket stands for. */
  get workerIds(): string[] {
    return [...this.#roomsOfWorker.keys()];
  }

  addForWorker(workerId: string, room: string): void {
    const rooms = this.#roomsOfWorker.get(workerId) ?? new Set();
    this.#roomsOfWorker.set(workerId, rooms.add(room));
  }

  /** @returns what the socket is to leave: the room, unless another worker of it needs it; the worker, when this was its last room. */
  removeForWorker(workerId: string, room: string): { leavesRoom: boolean; leavesWorker: boolean } {
    const rooms = this.#roomsOfWorker.get(workerId);
    if (rooms === undefined || !rooms.delete(room)) return { leavesRoom: false, leavesWorker: false };
    if (rooms.size === 0) this.#roomsOfWorker.delete(workerId);
    const isNeeded = [...this.#roomsOfWorker.values()].some((others) => others.has(room));
    return { leavesRoom: !isNeeded, leavesWorker: rooms.size === 0 };
  }

  addPeopleRoom(room: string): void {
    this.#peopleRooms.add(room);
  }

  /** @returns whether it was the last. */
  removePeopleRoom(room: string): boolean {
    this.#peopleRooms.delete(room);
    return this.#peopleRooms.size === 0;
  }
}
