import { Mutex } from 'async-mutex';
import { Inject, Injectable } from '@nestjs/common';
import {
  EVERY_ROOM,
  ProblemError,
  categoryDefect,
  nameDefect,
  parseFullName,
  roomIdDefect,
  socketRoomOfJob,
  socketRoomOfProvider,
  socketRoomOfRoom,
} from '@joblib/contract';
import type { FullName } from '@joblib/contract';

import type { Job } from '../domain/job.js';
import { asUuid } from '../domain/uuid.js';
import { validateDto } from '../http/index.js';
import { JobStore, UnitOfWork, WorkerStore } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Caller, Clock } from '../ports/index.js';
import { ProviderAudience } from '../providers/index.js';
import { RoomAccess } from '../rooms/index.js';
import { socketRoomOfWorker } from './joining-socket.js';
import type { Admitted, JoiningSocket, SocketFinder } from './joining-socket.js';
import { OfferPendingTask } from './offer-pending-task.service.js';
import { ProviderAdmission } from './provider-admission.js';
import { JobRoomDto, ProviderRoomDto, RoomDto } from './room.dtos.js';
import { clipped } from './socket-answers.js';
import { WorkerPresence } from './worker-presence.js';

/** What is known of one socket. */
interface SocketMemory {
  /** What a socket asks is done in the order in which it asked, whether or not it waits for acknowledgements. */
  readonly order: Mutex;
  /** Socket rooms of the rooms that it joined. */
  readonly rooms: Set<string>;
}

/**
 * Lets sockets into socket rooms and out of them. For hosts with a Socket.IO server of their own: authenticate the connection, call
 * these from its handlers (payloads as they come, whatever they are), and `disconnect` whenever a socket disconnects.
 */
@Injectable()
export class JoinRooms {
  readonly #memories = new WeakMap<JoiningSocket, SocketMemory>();

  constructor(
    private readonly presence: WorkerPresence,
    private readonly audience: ProviderAudience,
    private readonly providers: ProviderAdmission,
    private readonly pending: OfferPendingTask,
    private readonly rooms: RoomAccess,
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobStore,
    private readonly workers: WorkerStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Call it once, with the server or namespace of the sockets, so that a worker's sockets on other servers are found. */
  attach(server: SocketFinder): void {
    this.presence.attach(server);
    this.audience.attach(server);
  }

  /**
   * `join_job_room`: the socket hears of the job's tasks, at once if one is pending, and stands for the worker, until it leaves or drops.
   * @throws ProblemError `ValidationError`, `JobNotFound`, `WorkerNotFound`, `Forbidden` (another user's worker, or not linked to the
   *   job), `DatabaseUnavailable`.
   */
  async joinJob(socket: JoiningSocket, caller: Caller, payload: unknown): Promise<void> {
    const { job_name, worker_id } = validateDto(JobRoomDto, payload);
    await this.#inOrder(socket, async () => {
      const admitted = await this.#admit(caller, job_name, worker_id);
      // Only now is whatever is submitted from here on told to the room.
      if (await this.#stand(socket, admitted, socketRoomOfJob(job_name))) await this.pending.offer(socket.id, admitted.job);
    });
  }

  /** `leave_job_room`: also of what was never joined. @throws ProblemError `ValidationError`. */
  async leaveJob(socket: JoiningSocket, payload: unknown): Promise<void> {
    const { job_name, worker_id } = validateDto(JobRoomDto, payload);
    await this.#inOrder(socket, () => this.#standNoMore(socket, worker_id, socketRoomOfJob(job_name)));
  }

  /**
   * `join_provider_room`: the socket hears what the provider is asked and stands for the worker, until it leaves or drops.
   * @throws ProblemError `ValidationError`, `ProviderNotFound`, `WorkerNotFound`, `Forbidden` (another user's worker, or not the provider's),
   *   `DatabaseUnavailable`.
   */
  async joinProvider(socket: JoiningSocket, caller: Caller, payload: unknown): Promise<void> {
    const { provider_name, worker_id } = validateDto(ProviderRoomDto, payload);
    await this.#inOrder(socket, async () => {
      const admitted = await this.providers.admit(caller, provider_name, worker_id);
      if (await this.#stand(socket, admitted, socketRoomOfProvider(provider_name))) this.audience.joined(provider_name);
    });
  }

  /** `leave_provider_room`: also of what was never joined. @throws ProblemError `ValidationError`. */
  async leaveProvider(socket: JoiningSocket, payload: unknown): Promise<void> {
    const { provider_name, worker_id } = validateDto(ProviderRoomDto, payload);
    await this.#inOrder(socket, () => this.#standNoMore(socket, worker_id, socketRoomOfProvider(provider_name)));
  }

  /** `room_join`: the socket hears what happens in the room. @throws ProblemError `ValidationError`, `InvalidRoomId`, what the read guard says. */
  async joinRoom(socket: JoiningSocket, caller: Caller, payload: unknown): Promise<void> {
    const { room_id } = validateDto(RoomDto, payload);
    await this.#inOrder(socket, async ({ rooms }) => {
      await this.rooms.assertReadable(room_id, caller);
      if (!socket.connected) return;
      const socketRoom = socketRoomOfRoom(room_id);
      rooms.add(socketRoom);
      await socket.join([socketRoom, EVERY_ROOM]);
    });
  }

  /** `room_leave`: also of what was never joined. @throws ProblemError `ValidationError`. */
  async leaveRoom(socket: JoiningSocket, payload: unknown): Promise<void> {
    const { room_id } = validateDto(RoomDto, payload);
    await this.#inOrder(socket, async ({ rooms }) => {
      const socketRoom = socketRoomOfRoom(room_id);
      if (!rooms.delete(socketRoom)) return;
      await socket.leave(socketRoom);
      if (rooms.size === 0) await socket.leave(EVERY_ROOM);
    });
  }

  /** The socket is gone: workers for which it was the last one are cleaned up after the grace. @param reason as Socket.IO tells it. */
  disconnect(socket: JoiningSocket, reason?: string): void {
    this.presence.dropped(socket.id, reason);
  }

  /** @returns whether the socket stands there only now. */
  async #stand(socket: JoiningSocket, { workerId, joinedAt }: Admitted, socketRoom: string): Promise<boolean> {
    // Gone meanwhile: it stands for nobody, and nobody will tell again.
    if (!socket.connected) return false;
    const isNew = this.presence.joined(socket.id, workerId, socketRoom, joinedAt);
    await socket.join([socketRoom, socketRoomOfWorker(workerId)]);
    return isNew;
  }

  async #standNoMore(socket: JoiningSocket, workerIdText: string, socketRoom: string): Promise<void> {
    const workerId = asUuid(workerIdText);
    if (workerId === null) return;
    for (const left of this.presence.left(socket.id, workerId, socketRoom)) await socket.leave(left);
  }

  #inOrder(socket: JoiningSocket, work: (memory: SocketMemory) => Promise<void>): Promise<void> {
    const memory = this.#memories.get(socket) ?? { order: new Mutex(), rooms: new Set() };
    this.#memories.set(socket, memory);
    return memory.order.runExclusive(() => work(memory));
  }

  /** Existence before ownership. Joining is a sign of life, stored together with the check: a clean-up comes before both or after both. */
  #admit(caller: Caller, jobName: string, workerIdText: string): Promise<Admitted & { job: Job }> {
    return this.unitOfWork.run(async (transaction) => {
      const job = await this.#getJob(transaction, jobName);
      const uuid = asUuid(workerIdText);
      const worker = uuid === null ? null : await this.workers.findById(transaction, uuid, 'keep');
      if (worker === null) throw new ProblemError('WorkerNotFound', `Worker '${clipped(workerIdText)}' is not there.`);
      if (worker.userId !== caller.id) throw new ProblemError('Forbidden', `Worker '${worker.id}' belongs to somebody else.`);
      if (!(await this.workers.isLinked(transaction, worker.id, job.id))) {
        throw new ProblemError('Forbidden', `Worker '${worker.id}' does not serve job '${jobName}'.`);
      }
      const joinedAt = this.clock.now();
      await this.workers.markSeen(transaction, worker.id, joinedAt);
      return { workerId: worker.id, joinedAt, job };
    });
  }

  async #getJob(transaction: Transaction, jobName: string): Promise<Job> {
    const name = wellFormed(jobName);
    if (name === null)
      throw new ProblemError('JobNotFound', `Invalid job name format: '${clipped(jobName)}' is not <room_id>:<category>:<name>.`);
    const job = await this.jobs.findByName(transaction, name);
    if (job === null || job.deletedAt !== null) throw new ProblemError('JobNotFound', `Job '${jobName}' is not there.`);
    return job;
  }
}

function wellFormed(jobName: string): FullName | null {
  const name = parseFullName(jobName);
  if (name === null) return null;
  const defect = roomIdDefect(name.roomId) ?? categoryDefect(name.category) ?? nameDefect(name.name);
  return defect === null ? name : null;
}
