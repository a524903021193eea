import { setTimeout as pause } from 'node:timers/promises';

import type { TaskView } from '@joblib/contract';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';

import { tokenOf } from '../faults/service-users.js';
import { JoblibUser } from '../support/joblib-user.js';
import { now } from './history.js';
import { JOBS, ROOM } from './stage.js';
import type { Stage } from './stage.js';

/** Between two submissions of one submitter, so that workers keep up. */
const PACE_MS = 40;

/** How long a client waits for an answer. */
const PATIENCE_MS = 10_000;

/** Those who submit tasks and those who watch the room. What they are answered and told goes into the history. */
export class Audience {
  readonly #sockets: Socket[] = [];
  readonly #acts: Promise<void>[] = [];
  #isOver = false;
  #submitted = 0;

  constructor(private readonly stage: Stage) {}

  /** Tasks whose submission was answered. */
  get submitted(): number {
    return this.#submitted;
  }

  async start(submitters: number, watchers: number): Promise<void> {
    const token = await tokenOf({ sub: 'submitter' });
    for (let index = 0; index < watchers; index += 1) this.#watch(`watcher-${index}`, token);
    for (let index = 0; index < submitters; index += 1) this.#acts.push(this.#submitAll(`submitter-${index}`, token));
  }

  /** Nothing more is submitted; resolves when all have their answers. */
  async stopSubmitting(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#acts);
  }

  leave(): void {
    for (const socket of this.#sockets) socket.disconnect();
  }

  #watch(name: string, token: string): void {
    const socket = io(this.stage.balancer.origin, {
      transports: ['websocket'],
      auth: { token },
      reconnectionDelay: 50,
      reconnectionDelayMax: 500,
    });
    this.#sockets.push(socket);
    let connections = 0;
    socket.on('connect', () => {
      connections += 1;
      socket.emit('room_join', { room_id: ROOM });
    });
    socket.on('task_status_event', ({ id, status }: TaskView) => {
      this.stage.history.record({ kind: 'event', by: `${name}#${connections}`, at: now(), task: id, says: status });
    });
  }

  async #submitAll(name: string, token: string): Promise<void> {
    const user = new JoblibUser(this.stage.balancer.origin, token);
    for (let count = 0; !this.#isOver; count += 1) {
      const job = JOBS[count % JOBS.length] ?? '';
      const key = `${name}/${count}`;
      // Without an answer the same key once more: it is one task, however often it is asked for.
      while (!(await this.#submit(user, name, job, key)) && !this.#isOver) await pause(PACE_MS);
      await pause(PACE_MS);
    }
  }

  /** @returns whether it was answered. */
  async #submit(user: JoblibUser, name: string, job: string, key: string): Promise<boolean> {
    const from = now();
    const answer = await answerWithin(PATIENCE_MS, user.submit(ROOM, job, { key }, { 'idempotency-key': key }));
    const isTask = answer !== null && answer.status < 300;
    const task = isTask ? { task: answer.body.id } : {};
    this.stage.history.record({ kind: 'call', op: 'submit', by: name, job, from, to: now(), status: answer?.status ?? null, ...task });
    if (isTask) this.#submitted += 1;
    return isTask;
  }
}

/** `null` for a connection that broke, or did not answer in time. */
async function answerWithin<T>(patienceMs: number, answer: Promise<T>): Promise<T | null> {
  const patience = new AbortController();
  const late = pause(patienceMs, null, { signal: patience.signal }).catch(() => null);
  try {
    return await Promise.race([answer.catch(() => null), late]);
  } finally {
    patience.abort();
  }
}
