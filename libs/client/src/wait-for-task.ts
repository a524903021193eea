import { isTerminal } from '@joblib/contract';
import type { Progress, ServerEvents, TaskView } from '@joblib/contract';

import { pause } from './clock.js';
import type { ClientClock } from './clock.js';
import type { JoblibApi } from './http/joblib-api.js';
import type { Retries } from './http/retries.js';
import { peopleRoom } from './sockets/rooms.js';
import type { SocketLink } from './sockets/socket-link.js';

/** How a task is waited for. */
export interface WaitOptions {
  /** Told at every change of the progress, the present one first. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the waiting, not the task. */
  readonly signal?: AbortSignal;
}

export interface TaskWaitingOptions {
  readonly api: JoblibApi;
  readonly retries: Retries;
  readonly clock: ClientClock;
  /** `null`: progress is asked for instead of told. */
  readonly link: SocketLink | null;
  readonly pollingSeconds: number;
}

/** How long the server is asked to hold a read; below the usual time-outs of proxies. */
const HOLD_SECONDS = 30;
/** An answer that came sooner was not held. */
const HELD_MS = 1000;

/** Waits for the end of tasks with held reads; progress comes over the socket in between. */
export class TaskWaiting {
  constructor(private readonly options: TaskWaitingOptions) {}

  /**
   * The task in its terminal state, whichever that is.
   * @throws ProblemError `TaskNotFound`; ServerUnreachableError after a long outage; the signal's reason.
   */
  async waitFor(taskId: string, { onProgress, signal }: WaitOptions): Promise<TaskView> {
    const task = await this.#read(taskId, 0, signal);
    if (isTerminal(task.status)) return task;
    if (onProgress === undefined) return this.#untilEnd(task, HOLD_SECONDS, () => undefined, signal);
    const tell = eachOnce(onProgress);
    const { link, pollingSeconds } = this.options;
    if (link === null) return this.#untilEnd(task, Math.ceil(pollingSeconds), tell, signal);
    const room = peopleRoom(task.room_id);
    const stopListening = link.listen('task_status_event', (event: ServerEvents['task_status_event']) => {
      if (event.id === taskId) tell(event.progress);
    });
    try {
      void link.join(room);
      return await this.#untilEnd(task, HOLD_SECONDS, tell, signal);
    } finally {
      stopListening();
      link.leave(room);
    }
  }

  async #untilEnd(
    first: TaskView,
    holdSeconds: number,
    tell: (progress: Progress | null) => void,
    signal: AbortSignal | undefined,
  ): Promise<TaskView> {
    const { clock, pollingSeconds } = this.options;
    for (let task = first; ;) {
      tell(task.progress);
      if (isTerminal(task.status)) return task;
      const startedMs = clock.nowMs();
      task = await this.#read(task.id, holdSeconds, signal);
      if (isTerminal(task.status) || clock.nowMs() - startedMs >= HELD_MS) continue;
      await pause(clock, pollingSeconds * 1000, signal === undefined ? [] : [signal]);
    }
  }

  #read(taskId: string, waitSeconds: number, signal: AbortSignal | undefined): Promise<TaskView> {
    const { api, retries } = this.options;
    const call = (): Promise<TaskView> => api.getTask(taskId, { ...(waitSeconds > 0 && { waitSeconds }), signal });
    return retries.throughOutage({ label: `Reading task ${taskId}`, call, signal });
  }
}

/** The same progress comes over the socket and with the task: it is told once. */
function eachOnce(onProgress: (progress: Progress) => void): (progress: Progress | null) => void {
  let told = '';
  return (progress) => {
    if (progress === null || JSON.stringify(progress) === told) return;
    told = JSON.stringify(progress);
    onProgress(progress);
  };
}
