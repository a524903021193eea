import { Inject, Injectable, Logger } from '@nestjs/common';

import { CLOCK, JOBLIB_SETTINGS } from '../ports/index.js';
import type { Clock, JoblibSettings } from '../ports/index.js';
import { StopSignal } from '../tasks/index.js';
import { WorkerCleanup } from '../workers/index.js';
import { socketRoomOfWorker } from './joining-socket.js';
import type { SocketFinder } from './joining-socket.js';
import { Standings } from './standings.js';
import type { Dropped } from './standings.js';

/** Socket.IO's reason for sockets that go because their server does. */
const SERVER_STOPS = 'server shutting down';

/** Knows which workers have a socket here, and cleans up those that lost their last one and show no life within the grace. */
@Injectable()
export class WorkerPresence {
  readonly #logger = new Logger('WorkerPresence');
  readonly #standings = new Standings();
  /** Workers without a socket whose grace is running. */
  readonly #graces = new Map<string, NodeJS.Timeout>();
  #server: SocketFinder | null = null;

  constructor(
    private readonly cleanup: WorkerCleanup,
    private readonly stop: StopSignal,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {
    stop.signal.addEventListener('abort', () => this.#endGraces(), { once: true });
  }

  /** Where to ask for sockets on other servers. Without it there are none. */
  attach(server: SocketFinder): void {
    this.#server = server;
  }

  /**
   * The socket stands for the worker in a socket room. @param joinedAt the time that was stored as a sign of life.
   * @returns whether it did not before.
   */
  joined(socketId: string, workerId: string, socketRoom: string, joinedAt: number): boolean {
    clearTimeout(this.#graces.get(workerId));
    this.#graces.delete(workerId);
    return this.#standings.add(socketId, workerId, socketRoom, joinedAt);
  }

  /** Leaving is no loss: nothing is cleaned up. @returns the socket rooms that the socket has no more reason to be in. */
  left(socketId: string, workerId: string, socketRoom: string): string[] {
    return this.#standings.remove(socketId, workerId, socketRoom);
  }

  /** The socket is gone. @param reason as Socket.IO tells it. */
  dropped(socketId: string, reason?: string): void {
    const dropped = this.#standings.drop(socketId);
    if (this.stop.signal.aborted || reason === SERVER_STOPS) return;
    for (const one of dropped) this.#startGrace(one);
  }

  #startGrace({ workerId, joinedAt }: Dropped): void {
    // Of signs of life within the millisecond of the loss nobody knows whether they came after it: they spare the worker, which the
    // sweeper finds if it is dead. But the join of the lost socket itself came before.
    const seenSince = Math.max(this.clock.now(), joinedAt + 1);
    const { workerDisconnectGraceSeconds } = this.settings;
    if (workerDisconnectGraceSeconds === 0) {
      void this.#endGrace(workerId, seenSince);
      return;
    }
    const timer = setTimeout(() => void this.#endGrace(workerId, seenSince), workerDisconnectGraceSeconds * 1000);
    this.#graces.set(workerId, timer.unref());
  }

  async #endGrace(workerId: string, seenSince: number): Promise<void> {
    this.#graces.delete(workerId);
    try {
      if (await this.#hasSocketElsewhere(workerId)) return;
      // It may have joined here, or the server may have begun to stop, while the others were asked.
      if (this.stop.signal.aborted || this.#standings.has(workerId)) return;
      await this.cleanup.cleanUp(workerId, { seenSince });
    } catch (error) {
      this.#logger.warn(`Worker ${workerId} lost its last socket here and is left to the sweeper: ${String(error)}`);
    }
  }

  /** Rejects when another server does not answer. */
  async #hasSocketElsewhere(workerId: string): Promise<boolean> {
    if (this.#server === null) return false;
    return (await this.#server.in(socketRoomOfWorker(workerId)).fetchSockets()).length > 0;
  }

  #endGraces(): void {
    for (const timer of this.#graces.values()) clearTimeout(timer);
    this.#graces.clear();
  }
}
