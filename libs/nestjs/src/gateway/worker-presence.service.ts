import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';

import { CLOCK, JOBLIB_SETTINGS } from '../ports/index.js';
import type { Clock, JoblibSettings } from '../ports/index.js';
import { WorkerCleanup } from '../workers/index.js';

/** Tells whether a worker has a socket on another server. May reject: then nobody knows, and the sweeper decides. */
export type PresenceElsewhere = (workerId: string) => Promise<boolean>;

/** Which sockets of this server stand for which workers, and what happens when the last of a worker's drops. */
@Injectable()
export class WorkerPresence implements OnModuleDestroy {
  readonly #logger = new Logger('WorkerPresence');
  readonly #socketsOfWorker = new Map<string, Set<string>>();
  readonly #graces = new Map<string, NodeJS.Timeout>();
  #isElsewhere: PresenceElsewhere = () => Promise.resolve(false);
  #isStopping = false;

  constructor(
    private readonly cleanup: WorkerCleanup,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /** How many servers there are is the gateway's business. */
  askElsewhere(isElsewhere: PresenceElsewhere): void {
    this.#isElsewhere = isElsewhere;
  }

  arrive(workerId: string, socketId: string): void {
    const sockets = this.#socketsOfWorker.get(workerId) ?? new Set();
    this.#socketsOfWorker.set(workerId, sockets.add(socketId));
    this.#endGrace(workerId);
  }

  /** The socket goes on, but not for this worker: no reason to clean up. */
  leave(workerId: string, socketId: string): void {
    const sockets = this.#socketsOfWorker.get(workerId);
    sockets?.delete(socketId);
    if (sockets?.size === 0) this.#socketsOfWorker.delete(workerId);
  }

  /** The socket is gone. Was it the worker's last here, the worker has a grace to come back before it is cleaned up. */
  drop(workerId: string, socketId: string): void {
    this.leave(workerId, socketId);
    // A stopping server closes its sockets itself; their workers reconnect elsewhere.
    if (this.#isStopping || this.#socketsOfWorker.has(workerId)) return;
    const droppedAt = this.clock.now();
    this.#endGrace(workerId);
    const timer = setTimeout(() => void this.#cleanUp(workerId, droppedAt), this.settings.workerDisconnectGraceSeconds * 1000);
    this.#graces.set(workerId, timer.unref());
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
    for (const workerId of this.#graces.keys()) this.#endGrace(workerId);
  }

  async #cleanUp(workerId: string, droppedAt: number): Promise<void> {
    this.#graces.delete(workerId);
    try {
      if (await this.#isElsewhere(workerId)) return;
      // Whoever joined again while the others were asked is spared here, and whoever showed life in any way by the statement itself:
      // in the millisecond of the drop as well, since a living worker must not fail and the sweeper finds a dead one.
      if (this.#isStopping || this.#socketsOfWorker.has(workerId)) return;
      if (await this.cleanup.cleanUp(workerId, { seenSince: droppedAt })) this.#logger.log(`Worker ${workerId} lost its last socket and was cleaned up`);
    } catch (error) {
      this.#logger.warn(`Worker ${workerId} lost its last socket and is left to the sweeper: ${String(error)}`);
    }
  }

  #endGrace(workerId: string): void {
    clearTimeout(this.#graces.get(workerId));
    this.#graces.delete(workerId);
  }
}
