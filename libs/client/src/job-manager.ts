import type { Progress, ProviderView, RegisteredJob, ServerEvents, TaskView } from '@joblib/contract';
import { GLOBAL_ROOM } from '@joblib/contract';

import { firstAbortOf, onAbort } from './abort.js';
import type { AnyExtension, ContextOf, InputOf, ResultOf, TaskId, TypedTask } from './extension/extension.js';
import type { JoblibApi } from './http/joblib-api.js';
import { statusOf } from './http/errors.js';
import { sentenceOf } from './logger.js';
import { assemble, handlersOf } from './manager-parts.js';
import type { ManagerParts } from './manager-parts.js';
import { settleOptions } from './options.js';
import type { JobManagerOptions, SettledOptions } from './options.js';
import type { HandlerOf, ProviderClass } from './providers/provider.js';
import { onTerminationSignal } from './signals.js';
import { followRoom } from './sockets/follow-room.js';
import type { RoomFollower } from './sockets/follow-room.js';
import { submitTask } from './submit.js';
import type { SubmitOptions } from './submit.js';
import type { WaitOptions } from './wait-for-task.js';
import type { ClaimedTask } from './worker/claimed-task.js';
import { tellMissedEnds } from './worker/missed-ends.js';
import { ManagerStoppedError } from './worker/stop-switch.js';
import type { StopReason } from './worker/stop-switch.js';
import { TaskStream } from './worker/task-stream.js';

/** How an extension is registered. A run that asks for a `context` has to be given one. */
export type RegisterOptions<Context> = { readonly room?: string } & (unknown extends Context
  ? { readonly context?: Context }
  : { readonly context: Context });

/** How a provider is registered. */
export interface RegisterProviderOptions<Handler> {
  /** Of this provider among those of its category, e.g. "local". */
  readonly name: string;
  /** Given to every `read`. */
  readonly handler: Handler;
  /** `@global` by default. */
  readonly room?: string;
}

/** A task, by what a claim or a submission answered. */
export interface TaskReference {
  readonly id: string;
}

/**
 * Registers jobs and providers, does their tasks, and submits tasks of others. A map of its registered jobs by full name.
 * Until it is disconnected, it keeps the worker alive in the background. Methods throw `ProblemError` when the server refuses,
 * `ServerUnreachableError` when it does not answer.
 */
export class JobManager implements AsyncDisposable, Iterable<string> {
  readonly #options: SettledOptions;
  readonly #parts: ManagerParts;
  /** Aborted when the worker has left: no more heartbeats, no more waiting. */
  readonly #left = new AbortController();
  readonly #serving = new Set<Promise<void>>();
  #disconnecting: Promise<void> | null = null;

  /** Sends nothing yet. @throws TypeError when an option will not do. */
  constructor(options: JobManagerOptions) {
    this.#options = settleOptions(options);
    this.#parts = assemble(this.#options, () => this.#keepAlive());
    this.#parts.link?.listen('task_available', () => this.#parts.loop.wake());
    this.#parts.link?.listen('connect', () => {
      this.#parts.loop.wake();
      this.#parts.retries.wake();
      void tellMissedEnds(this.#parts.api, this.#parts.active, this.#options.logger);
    });
    this.#parts.link?.listen('task_cancelled', ({ task_id: taskId }: ServerEvents['task_cancelled']) => {
      this.#parts.active.lose(taskId, new Error('The task was cancelled.'));
    });
    this.#parts.link?.listen('provider_request', (request: ServerEvents['provider_request']) => void this.#parts.desk.answer(request));
  }

  /** The server's calls, one by one. */
  get api(): JoblibApi {
    return this.#parts.api;
  }

  /** `null` before the first registration and after the end. */
  get workerId(): string | null {
    return this.#parts.registration.workerId;
  }

  /** Why it stopped working; `null` while it does not. */
  get stopped(): StopReason | null {
    return this.#parts.stop.reason;
  }

  /** How many jobs are registered. */
  get size(): number {
    return this.#parts.registration.jobs.size;
  }

  /** Handlers of the registered providers by full name. */
  get handlers(): ReadonlyMap<string, unknown> {
    return handlersOf(this.#parts.registration);
  }

  /** What was registered under this full name. */
  get(fullName: string): AnyExtension | undefined {
    return this.#parts.registration.jobs.get(fullName)?.extension;
  }

  has(fullName: string): boolean {
    return this.#parts.registration.jobs.has(fullName);
  }

  /** The `context` that this job was registered with. */
  contextOf(fullName: string): unknown {
    return this.#parts.registration.jobs.get(fullName)?.context;
  }

  /** Full names of the registered jobs. */
  [Symbol.iterator](): IterableIterator<string> {
    return this.#parts.registration.jobs.keys();
  }

  /** Makes the worker, if there is none yet. @returns its id. */
  createWorker(): Promise<string> {
    return this.#parts.registration.ensureWorker();
  }

  /** Registers a job, and a worker for it if there is none yet. Tries again while the server is away, up to `maxStartupRetries` times. */
  register<E extends AnyExtension>(
    extension: E,
    ...[options]: unknown extends ContextOf<E> ? [RegisterOptions<ContextOf<E>>?] : [RegisterOptions<ContextOf<E>>]
  ): Promise<RegisteredJob> {
    return this.#parts.registration.addJob(extension, options?.room, options?.context);
  }

  /** Answers reads of this provider from now on. Tries again like `register`. @returns the provider as the server knows it. */
  registerProvider<P extends ProviderClass>(
    provider: P,
    { name, handler, room = GLOBAL_ROOM }: RegisterProviderOptions<HandlerOf<P>>,
  ): Promise<ProviderView> {
    return this.#parts.registration.addProvider(provider, name, handler, room);
  }

  /** Takes a provider away. One that is not there, or not any more, is none to take away. */
  async unregisterProvider(fullName: string): Promise<void> {
    const own = this.#parts.registration.removeProvider(fullName);
    if (own === null) return;
    try {
      await this.#parts.api.deleteProvider(own.id);
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }

  /**
   * The oldest pending task of the registered jobs, or `null` at once. Tasks whose payload breaks its schema are reported as failed and
   * never answered. What was claimed has to be reported: `start`, then `complete` or `fail`.
   */
  async claim(options: { readonly signal?: AbortSignal } = {}): Promise<ClaimedTask | null> {
    const workerId = this.#parts.registration.requireWorkerId();
    for (;;) {
      const { tasks, unfit } = await this.#parts.claims.claim(workerId, 1, { signal: options.signal });
      if (unfit === 0) return tasks[0] ?? null;
    }
  }

  /** Claimed tasks as they come, through outages. The caller reports each of them. It ends with `signal`, or when the manager stops. */
  listen(options: { readonly signal?: AbortSignal } = {}): TaskStream {
    this.#parts.registration.requireWorkerId();
    const { stop, loop } = this.#parts;
    return new TaskStream(loop, options.signal === undefined ? [stop.signal] : [stop.signal, options.signal]);
  }

  /** Reports a claimed task as running. */
  start(task: TaskReference): Promise<void> {
    return this.#parts.reports.report(task.id, { status: 'running' }, this.#left.signal);
  }

  /** Reports a running task as completed. `result` is any JSON. */
  complete(task: TaskReference, result?: unknown): Promise<void> {
    return this.#parts.reports.report(task.id, { status: 'completed', result }, this.#left.signal);
  }

  /** Reports a claimed or running task as failed. */
  fail(task: TaskReference, error: string): Promise<void> {
    return this.failById(task.id, error);
  }

  failById(taskId: string, error: string): Promise<void> {
    return this.#parts.reports.fail(taskId, error, this.#left.signal);
  }

  /** Cancels a task: one's own, or as its submitter anybody's. */
  cancel(task: TaskReference): Promise<void> {
    return this.#parts.reports.report(task.id, { status: 'cancelled' }, this.#left.signal);
  }

  /** Reports how far a running task is, once. A run has its own `progress` for this, which need not be awaited. */
  progress(task: TaskReference, progress: Progress): Promise<void> {
    return this.#parts.reports.report(task.id, { status: 'running', progress }, this.#left.signal);
  }

  /** Tells the server now that the worker is alive; this happens by itself every `heartbeatInterval`. */
  async heartbeat(): Promise<void> {
    await this.#parts.api.heartbeat(this.#parts.registration.requireWorkerId());
  }

  /**
   * Claims and runs tasks, up to `concurrency` at a time, until the manager stops or `signal` aborts. What is running then is finished within
   * `drainSeconds`. Never rejects: the reason says whether it was asked to stop.
   */
  async serve(options: { readonly signal?: AbortSignal } = {}): Promise<StopReason> {
    const { stop, registration, serving } = this.#parts;
    registration.requireWorkerId();
    const ending = firstAbortOf(options.signal === undefined ? [stop.signal] : [stop.signal, options.signal]);
    const run = serving.run(ending.signal);
    this.#serving.add(run);
    await run;
    this.#serving.delete(run);
    ending.release();
    return stop.reason ?? { kind: 'aborted' };
  }

  /** Submits one task, and only one, even if the connection fails on the way. */
  submit<E extends AnyExtension>(extension: E, payload: InputOf<E>, options: SubmitOptions): Promise<TypedTask<ResultOf<E>>>;
  submit(fullName: string, payload: Readonly<Record<string, unknown>>, options: SubmitOptions): Promise<TaskView>;
  submit(job: AnyExtension | string, payload: unknown, options: SubmitOptions): Promise<TaskView> {
    const { api, retries } = this.#parts;
    return submitTask({ api, retries, signal: this.#left.signal }, job, payload, options);
  }

  /** Resolves to the task once it is completed, failed or cancelled, through outages. An aborted `signal` ends the waiting, not the task. */
  async waitFor<Result = unknown>(taskId: TaskId<Result>, options: WaitOptions = {}): Promise<TypedTask<Result>> {
    const ending = firstAbortOf(options.signal === undefined ? [this.#left.signal] : [this.#left.signal, options.signal]);
    try {
      return (await this.#parts.waiting.waitFor(taskId, { ...options, signal: ending.signal })) as TypedTask<Result>;
    } finally {
      ending.release();
    }
  }

  /** Hears what happens in a room, until the function that it resolves to is called. @throws TypeError without sockets. */
  async follow(roomId: string, follower: RoomFollower): Promise<() => void> {
    const { link } = this.#parts;
    if (link === null) throw new TypeError('Events come over a socket, and this JobManager was made with `socket: false`.');
    return followRoom(link, roomId, follower, follower.signal === undefined ? [this.#left.signal] : [this.#left.signal, follower.signal]);
  }

  /** Resolves when the manager has stopped. SIGINT and SIGTERM disconnect it; a second one has its usual effect. */
  async wait(): Promise<StopReason> {
    const { stop } = this.#parts;
    const release = onTerminationSignal(() => void this.disconnect());
    const alive = setInterval(() => undefined, 60_000); // waiting alone does not keep a process alive
    try {
      await new Promise<void>((resolve) => onAbort(stop.signal, resolve));
      await this.#disconnecting;
    } finally {
      clearInterval(alive);
      release();
    }
    return stop.reason ?? { kind: 'disconnected' };
  }

  /**
   * Takes its leave: claims nothing more, finishes what is running within `drainSeconds`, leaves its rooms and deletes the worker, if the
   * server can be reached. Never rejects; the second call is the first.
   */
  disconnect(): Promise<void> {
    return (this.#disconnecting ??= this.#leave());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  async #leave(): Promise<void> {
    const { stop, registration, api, active, desk } = this.#parts;
    stop.stop({ kind: 'disconnected' });
    await Promise.all([...this.#serving, desk.drain()]);
    this.#left.abort(new ManagerStoppedError({ kind: 'disconnected' }));
    active.loseAll(this.#left.signal.reason);
    const workerId = registration.clear();
    if (workerId === null) return;
    try {
      await api.deleteWorker(workerId);
    } catch (error) {
      this.#options.logger.info(`Worker ${workerId} was not deleted, the server will notice: ${sentenceOf(error)}`);
    }
  }

  /** Heartbeats go on while running tasks are finished; there is nobody to send them for after a lost registration. */
  #keepAlive(): void {
    const { stop, heartbeats } = this.#parts;
    const ended = new AbortController();
    const end = (): void => ended.abort();
    onAbort(this.#left.signal, end);
    onAbort(stop.signal, () => {
      if (stop.reason?.kind !== 'disconnected') end();
    });
    void heartbeats.run(ended.signal);
  }
}
