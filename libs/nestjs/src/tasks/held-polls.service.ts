import { Inject, Injectable, Logger } from '@nestjs/common';
import { isTerminal } from '@joblib/contract';

import type { QueuedTask } from '../domain/task-with-position.js';
import { settledTopic } from '../domain/topics.js';
import { TaskStore, UnitOfWork } from '../persistence/index.js';
import { JOBLIB_SETTINGS, WAKE_UPS } from '../ports/index.js';
import type { Caller, JoblibSettings, WakeUps } from '../ports/index.js';
import { hold } from './hold.js';
import { PeriodicWork } from './periodic-work.js';
import { ReadTasks } from './read-tasks.service.js';
import { StopSignal } from './stop-signal.js';

/** A poll's answer, and how long it was allowed to wait: `null` when it was answered at once. */
export interface PolledTask {
  readonly queued: QueuedTask;
  readonly appliedWaitSeconds: number | null;
}

/** How long a lost wake-up may go unnoticed. */
const SAFETY_INTERVAL_MS = 2000;

/** Long polls: reads that wait for a task to end. They hold no database session and are woken by the commit that ends the task. */
@Injectable()
export class HeldPolls {
  readonly #logger = new Logger('HeldPolls');
  readonly #wakersOfTask = new Map<string, Set<() => void>>();
  readonly #safetyLook = new PeriodicWork(SAFETY_INTERVAL_MS, () => this.#lookForAll());

  constructor(
    private readonly reads: ReadTasks,
    private readonly unitOfWork: UnitOfWork,
    private readonly tasks: TaskStore,
    private readonly stop: StopSignal,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /** How many polls are held now. */
  get count(): number {
    let count = 0;
    for (const wakers of this.#wakersOfTask.values()) count += wakers.size;
    return count;
  }

  /**
   * The task once it is terminal, or as it is after `waitSeconds` (capped by the settings) or when the server stops.
   * @throws ProblemError as `ReadTasks.get`; also while waiting, when the task is deleted.
   */
  async get(taskId: string, caller: Caller, waitSeconds: number, clientGone: () => AbortSignal): Promise<PolledTask> {
    const queued = await this.reads.get(taskId, caller);
    const appliedWaitSeconds = Math.min(waitSeconds, this.settings.longPollMaxWaitSeconds);
    if (isTerminal(queued.task.status) || appliedWaitSeconds <= 0 || this.stop.signal.aborted) return { queued, appliedWaitSeconds: null };
    await this.#hold(taskId, appliedWaitSeconds, [clientGone()]);
    return { queued: await this.reads.get(taskId, caller), appliedWaitSeconds };
  }

  /**
   * The same for code in this process, which waits as long as it wants to: `Infinity` is until the task ends.
   * @throws ProblemError as `get`; the signal's reason once it is aborted.
   */
  async waitFor(taskId: string, caller: Caller, waitSeconds: number, signal?: AbortSignal): Promise<QueuedTask> {
    const queued = await this.reads.get(taskId, caller);
    signal?.throwIfAborted();
    if (isTerminal(queued.task.status) || !(waitSeconds > 0) || this.stop.signal.aborted) return queued;
    await this.#hold(taskId, waitSeconds, signal === undefined ? [] : [signal]);
    signal?.throwIfAborted();
    return this.reads.get(taskId, caller);
  }

  async #hold(taskId: string, waitSeconds: number, signals: readonly AbortSignal[]): Promise<void> {
    const deadlineMs = performance.now() + waitSeconds * 1000;
    let isSettled = false;
    await hold(deadlineMs, [...signals, this.stop.signal], (wake) => {
      const settled = (): void => {
        isSettled = true;
        wake();
      };
      const unsubscribe = this.#subscribe(taskId, settled);
      // Subscribed; if it ended between the first look and now, this one sees it.
      void this.#isSettled(taskId).then((ended) => ended && !isSettled && settled());
      return unsubscribe;
    });
  }

  #subscribe(taskId: string, wake: () => void): () => void {
    const wakers = this.#wakersOfTask.get(taskId) ?? new Set();
    this.#wakersOfTask.set(taskId, wakers.add(wake));
    this.#safetyLook.start();
    const unsubscribe = this.wakeUps.subscribe(settledTopic(taskId), wake);
    return () => {
      unsubscribe();
      wakers.delete(wake);
      if (wakers.size === 0) this.#wakersOfTask.delete(taskId);
      if (this.#wakersOfTask.size === 0) this.#safetyLook.stop();
    };
  }

  async #isSettled(taskId: string): Promise<boolean> {
    return (await this.#findSettled([taskId])).length > 0;
  }

  async #lookForAll(): Promise<void> {
    for (const taskId of await this.#findSettled([...this.#wakersOfTask.keys()])) {
      for (const wake of [...(this.#wakersOfTask.get(taskId) ?? [])]) wake();
    }
  }

  async #findSettled(taskIds: readonly string[]): Promise<string[]> {
    try {
      return await this.unitOfWork.read((session) => this.tasks.findSettled(session, taskIds));
    } catch (error) {
      this.#logger.warn(`Could not look for ${taskIds.length} held poll(s): ${String(error)}`);
      return [];
    }
  }
}
