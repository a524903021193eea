import { ProblemError, isTerminal } from '@joblib/contract';
import type { ProblemName, TaskView } from '@joblib/contract';

import { firstAbortOf, hasAborted, onAbort } from '../abort.js';
import { SYSTEM_CLOCK } from '../clock.js';
import type { ClientClock } from '../clock.js';
import type { FetchInit } from '../http/http-client.js';
import type { JobManagerOptions } from '../options.js';
import { answerRequest } from './fake-routes.js';
import { FakeSocket } from './fake-socket.js';
import type { SocketHost } from './fake-socket.js';
import { FakeWorld, documentOf } from './fake-world.js';
import type { FakeResult } from './fake-world.js';

export interface FakeServerOptions {
  /** Ends held calls; the machine's own by default. */
  readonly clock?: ClientClock;
}

/** A request as it came. */
export interface FakeRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What its JSON says; `undefined` without any. */
  readonly body: unknown;
  readonly token: string;
}

/** Which request a fault is for: its method and a part of its path, e.g. `{ method: 'POST', path: '/claim' }`. */
export interface RequestMatch {
  readonly method: string;
  readonly path?: string;
  /** The `status` that a report has to say. */
  readonly status?: string;
}

interface Fault extends RequestMatch {
  readonly kind: 'refuse' | 'lose';
  readonly error?: ProblemError;
}

/**
 * A joblib server in this process, for tests of workers: jobs, tasks, claims, cancels, reads and events work as on a real one, and whatever
 * can go wrong goes wrong when it is told to. It cleans up nothing by itself.
 */
export class FakeServer implements SocketHost {
  readonly url = 'http://fake.example';
  /** Every request that arrived, also those that a fault befell. */
  readonly requests: FakeRequest[] = [];
  readonly world = new FakeWorld((room, event, payload) => this.#tell(room, event, payload));
  readonly clock: ClientClock;
  readonly #sockets = new Set<FakeSocket>();
  readonly #rooms = new Map<string, Set<FakeSocket>>();
  readonly #faults: Fault[] = [];
  #changed = new AbortController();
  #outage = new AbortController();
  #token: string | null = null;

  constructor({ clock = SYSTEM_CLOCK }: FakeServerOptions = {}) {
    this.clock = clock;
  }

  /** For `new JobManager`: a connection of its own, with its own socket. */
  connection(): Required<Pick<JobManagerOptions, 'url' | 'token' | 'fetch' | 'socket' | 'clock'>> {
    return { url: this.url, token: 'a-token', fetch: (url, init) => this.#fetch(url, init), socket: this.openSocket(), clock: this.clock };
  }

  openSocket(): FakeSocket {
    const socket = new FakeSocket(this);
    this.#sockets.add(socket);
    return socket;
  }

  get isDown(): boolean {
    return this.#outage.signal.aborted;
  }

  /** Refuses connections and breaks those there are, also of calls that are being held. */
  goDown(): void {
    this.#outage.abort();
    this.dropSockets();
  }

  /** Breaks the sockets only; they come back with `comeBack`. */
  dropSockets(): void {
    for (const socket of this.#sockets) socket.lose('transport close');
  }

  comeBack(): void {
    this.#outage = new AbortController();
    for (const socket of this.#sockets) if (socket.active) socket.connect();
  }

  /** From now on only this token is accepted; every one is until then. */
  acceptOnly(token: string): void {
    this.#token = token;
  }

  /** The next request like this is refused and changes nothing. */
  refuseNext(
    match: RequestMatch,
    problem: ProblemName,
    detail = 'As the test wants it.',
    headers: Readonly<Record<string, string>> = {},
  ): void {
    this.#faults.push({ ...match, kind: 'refuse', error: new ProblemError(problem, detail, { headers }) });
  }

  /** The next request like this is carried out, and its answer is lost. */
  loseNextAnswer(match: RequestMatch): void {
    this.#faults.push({ ...match, kind: 'lose' });
  }

  /** Somebody submits a task. */
  submit(roomId: string, fullName: string, payload: unknown = {}): TaskView {
    return this.world.submit(roomId, fullName, payload);
  }

  /** A task as it is now. */
  task(taskId: string): TaskView {
    return { ...this.world.getTask(taskId) };
  }

  /** Somebody cancels a task. */
  cancel(taskId: string): void {
    this.world.report(taskId, { status: 'cancelled' });
  }

  /** The worker was silent for too long: it is gone. */
  sweep(workerId: string): void {
    this.world.removeWorker(workerId);
  }

  /** Resolves once a task has ended. */
  async ended(taskId: string): Promise<TaskView> {
    while (!isTerminal(this.task(taskId).status)) await this.change();
    return this.task(taskId);
  }

  /** Somebody reads from a provider; resolves to its answer. `hash` stands for the parameters. */
  async read(fullName: string, params: Readonly<Record<string, string>>, hash: string = JSON.stringify(params)): Promise<FakeResult> {
    const provider = this.world.providers.get(fullName);
    if (provider === undefined) throw new Error(`Nobody registered a provider '${fullName}'.`);
    const request = { request_id: hash, provider_name: fullName, params: JSON.stringify(params) };
    this.#tell(`providers:${fullName}`, 'provider_request', request);
    for (;;) {
      const result = this.world.results.get(`${provider.id} ${hash}`);
      if (result !== undefined) return result;
      await this.change();
    }
  }

  /** Ids of the sockets' rooms, e.g. `jobs:@global:modifiers:Rotate`, with how many are in each. */
  occupancy(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#rooms].map(([room, sockets]): [string, number] => [room, sockets.size]).filter(([, size]) => size > 0),
    );
  }

  /** Resolves at the next change of anything. */
  change(): Promise<void> {
    const { signal } = this.#changed;
    return new Promise((resolve) => onAbort(signal, resolve));
  }

  /** For sockets: an event of a client's. */
  receive(socket: FakeSocket, event: string, payload: Readonly<Record<string, string>>): unknown {
    const { job_name: jobName, provider_name: providerName, room_id: roomId, worker_id: workerId } = payload;
    const room =
      jobName !== undefined ? `jobs:${jobName}` : providerName !== undefined ? `providers:${providerName}` : `room:${roomId ?? ''}`;
    try {
      const isJoining = event.includes('join');
      if (isJoining && workerId !== undefined && !this.world.workers.has(workerId)) throw new ProblemError('Forbidden', 'Not your worker.');
      const members = this.#rooms.get(room) ?? new Set();
      this.#rooms.set(room, members);
      if (isJoining) members.add(socket);
      else members.delete(socket);
      this.#announceChange();
      return { status: 'ok' };
    } catch (error) {
      return documentOf(error);
    }
  }

  /** For sockets: its connection is gone. */
  drop(socket: FakeSocket): void {
    for (const members of this.#rooms.values()) members.delete(socket);
  }

  async #fetch(url: string, init: FetchInit): Promise<Response> {
    const request: FakeRequest = {
      method: init.method,
      path: url.slice(this.url.length),
      headers: init.headers,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      token: (init.headers['Authorization'] ?? '').replace('Bearer ', ''),
    };
    const { signal: broken, release } = firstAbortOf([init.signal, this.#outage.signal]);
    if (hasAborted(broken)) throw new TypeError('fetch failed');
    this.requests.push(request);
    const fault = this.#takeFault(request);
    const isRefused = fault?.kind === 'refuse';
    const response = isRefused ? refusal(fault.error) : await this.#answer(request, init, broken);
    release();
    this.#announceChange();
    if (fault?.kind === 'lose' || hasAborted(broken)) throw new TypeError('fetch failed');
    return response;
  }

  async #answer(request: FakeRequest, init: FetchInit, broken: AbortSignal): Promise<Response> {
    try {
      if (this.#token !== null && request.token !== this.#token) throw new ProblemError('Unauthorized', 'This token is too old.');
      return await answerRequest({ ...request, raw: init.body, broken, world: this.world, clock: this.clock, change: () => this.change() });
    } catch (error) {
      return refusal(error);
    }
  }

  #takeFault({ method, path, body }: FakeRequest): Fault | undefined {
    const { status } = (body ?? {}) as { status?: unknown };
    const index = this.#faults.findIndex(
      (fault) => fault.method === method && path.includes(fault.path ?? '') && (fault.status ?? status) === status,
    );
    return index < 0 ? undefined : this.#faults.splice(index, 1)[0];
  }

  #tell(room: string, event: string, payload: unknown): void {
    for (const socket of this.#rooms.get(room) ?? []) queueMicrotask(() => socket.connected && socket.deliver(event, payload));
    this.#announceChange();
  }

  #announceChange(): void {
    const changed = this.#changed;
    this.#changed = new AbortController();
    changed.abort();
  }
}

function refusal(error: unknown): Response {
  const document = documentOf(error);
  const headers = { 'content-type': 'application/problem+json', ...(error instanceof ProblemError ? error.headers : {}) };
  return new Response(JSON.stringify(document), { status: document.status, headers });
}
