import { Inject, Injectable } from '@nestjs/common';
import { EVERY_ROOM, ProblemError, parseFullName, socketRoomOfJob, socketRoomOfRoom } from '@joblib/contract';

import { asUuid } from '../domain/uuid.js';
import { JobStore, UnitOfWork, WorkerStore } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Caller, Clock } from '../ports/index.js';
import { RoomAccess } from '../rooms/index.js';
import { JoinedRooms } from './joined-rooms.js';
import { jobRoomPayload, roomPayload } from './socket-payloads.js';
import { WorkerPresence } from './worker-presence.service.js';

/** What is needed of a Socket.IO server's socket. */
export interface JoiningSocket {
  readonly id: string;
  readonly connected: boolean;
  join(room: string): Promise<void> | void;
  leave(room: string): Promise<void> | void;
}

/** Socket room of everybody who stands for a worker, on all servers. */
export function socketRoomOfWorker(workerId: string): string {
  return `worker:${workerId}`;
}

/**
 * Lets sockets into the rooms of jobs and people, for our gateway and for hosts with a Socket.IO server of their own. A host calls
 * `disconnect` when a socket is gone.
 */
@Injectable()
export class JoinRooms {
  readonly #joined = new WeakMap<JoiningSocket, JoinedRooms>();

  constructor(
    private readonly rooms: RoomAccess,
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobStore,
    private readonly workers: WorkerStore,
    private readonly presence: WorkerPresence,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * `join_job_room`: from now on the socket hears of the job's tasks and stands for the worker.
   * @throws ProblemError `ValidationError`, `JobNotFound`, `WorkerNotFound`, `Forbidden` (another user's worker, or one that does not
   *   serve the job).
   */
  async joinJob(socket: JoiningSocket, caller: Caller, payload: unknown): Promise<void> {
    const { job_name: jobName, worker_id } = jobRoomPayload(payload);
    const workerId = await this.#assertServes(jobName, worker_id, caller);
    // It may have gone while we looked; then nobody would ever tell of its end.
    if (!socket.connected) return;
    const room = socketRoomOfJob(jobName);
    this.#joinedBy(socket).addForWorker(workerId, room);
    this.presence.arrive(workerId, socket.id);
    await socket.join(room);
    await socket.join(socketRoomOfWorker(workerId));
  }

  /** `leave_job_room`: fine for any well-formed payload. @throws ProblemError `ValidationError` */
  async leaveJob(socket: JoiningSocket, payload: unknown): Promise<void> {
    const { job_name: jobName, worker_id } = jobRoomPayload(payload);
    const workerId = asUuid(worker_id) ?? worker_id;
    const room = socketRoomOfJob(jobName);
    const { leavesRoom, leavesWorker } = this.#joinedBy(socket).removeForWorker(workerId, room);
    if (leavesRoom) await socket.leave(room);
    if (!leavesWorker) return;
    this.presence.leave(workerId, socket.id);
    await socket.leave(socketRoomOfWorker(workerId));
  }

  /** `room_join`: from now on the socket hears what happens in the room. @throws ProblemError `ValidationError`, `InvalidRoomId`, what the read guard says. */
  async joinRoom(socket: JoiningSocket, caller: Caller, payload: unknown): Promise<void> {
    const { room_id: roomId } = roomPayload(payload);
    await this.rooms.assertReadable(roomId, caller);
    if (!socket.connected) return;
    const room = socketRoomOfRoom(roomId);
    this.#joinedBy(socket).addPeopleRoom(room);
    await socket.join(room);
    await socket.join(EVERY_ROOM);
  }

  /** `room_leave`: fine for any well-formed payload. @throws ProblemError `ValidationError` */
  async leaveRoom(socket: JoiningSocket, payload: unknown): Promise<void> {
    const room = socketRoomOfRoom(roomPayload(payload).room_id);
    const isLast = this.#joinedBy(socket).removePeopleRoom(room);
    await socket.leave(room);
    if (isLast) await socket.leave(EVERY_ROOM);
  }

  /** The socket is gone: workers whose last socket it was are cleaned up after their grace. */
  disconnect(socket: JoiningSocket): void {
    for (const workerId of this.#joinedBy(socket).workerIds) this.presence.drop(workerId, socket.id);
    this.#joined.delete(socket);
  }

  /** Joining is a sign of life. */
  async #assertServes(jobName: string, workerId: string, caller: Caller): Promise<string> {
    return this.unitOfWork.run(async (transaction) => {
      // A worker may serve a job of any room; which rooms see it does not matter here.
      const job = await this.jobs.getVisible(transaction, jobName, parseFullName(jobName)?.roomId ?? '', false);
      const uuid = asUuid(workerId);
      const worker = uuid === null ? null : await this.workers.findById(transaction, uuid);
      if (worker === null) throw new ProblemError('WorkerNotFound', `Worker '${workerId}' is not there.`);
      if (worker.userId !== caller.id) throw new ProblemError('Forbidden', `Worker '${workerId}' belongs to somebody else.`);
      const isLinked = await this.workers.isLinked(transaction, worker.id, job.id);
      if (!isLinked) throw new ProblemError('Forbidden', `Worker '${workerId}' does not serve job '${jobName}'.`);
      await this.workers.markSeen(transaction, worker.id, this.clock.now());
      return worker.id;
    });
  }

  #joinedBy(socket: JoiningSocket): JoinedRooms {
    const known = this.#joined.get(socket) ?? new JoinedRooms();
    this.#joined.set(socket, known);
    return known;
  }
}
