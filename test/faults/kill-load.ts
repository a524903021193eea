import type { TaskView } from '@joblib/contract';

import type { JoblibUser } from '../support/joblib-user.js';
import type { Ledger } from './kill-ledger.js';
import type { Random } from './random.js';

export const ROOM = 'lab';
export const JOBS = ['@global:modifiers:Rotate', '@global:analysis:Measure'] as const;
export const BATCH_SIZE = 5;
const SUBMITTERS = 6;
export const WORKERS = 6;

interface ReportItem {
  readonly id: string;
  readonly status: number;
}

/** What was refused because the database is away; nothing is known of it. */
class Refused extends Error {}

/**
 * Some submit and some work, all at once, until the server is gone or `isOver` says so. What they are answered goes into the ledger.
 * With `isOver` the database may be away for a while.
 */
export class Load {
  #answers = 0;
  #sent = 0;

  constructor(
    private readonly submitter: JoblibUser,
    private readonly owner: JoblibUser,
    private readonly ledger: Ledger,
    private readonly random: Random,
    /** Told after each answer how many there were. */
    private readonly onAnswer: (count: number) => void,
    private readonly isOver: (() => boolean) | null = null,
  ) {}

  /** @param label unlike that of any other load of the same database. */
  async run(label: string): Promise<void> {
    const acts = [
      ...Array.from({ length: SUBMITTERS }, () => () => this.#submit(label)),
      ...this.ledger.workers.map((workerId) => () => this.#work(workerId)),
    ];
    await Promise.all(acts.map((act) => this.#untilGone(act)));
  }

  async #submit(label: string): Promise<void> {
    const { random, ledger } = this;
    const name = `${label}/${(this.#sent += 1)}`;
    if (random.oneIn(6)) return this.#submitBatch(name);
    if (random.oneIn(6) && ledger.taskIds.length > 0) return this.#cancel(random.pick(ledger.taskIds.slice(-40)));
    const job = random.pick(JOBS);
    const payload = { name };
    const isKeyed = random.oneIn(3);
    if (isKeyed) ledger.keyed.set(name, { job, payload, taskId: null });
    const { status, body } = await this.submitter.submit(ROOM, job, payload, isKeyed ? { 'idempotency-key': name } : {});
    this.#answered(status, 202);
    ledger.submitted(body);
    if (isKeyed) ledger.keyed.set(name, { job, payload, taskId: body.id });
  }

  async #submitBatch(name: string): Promise<void> {
    const payloads = Array.from({ length: BATCH_SIZE }, () => ({ batch: name }));
    const path = `/rooms/${ROOM}/tasks/${this.random.pick(JOBS)}/batch`;
    const { status, body } = await this.submitter.call<{ items: TaskView[] }>('POST', path, { payloads });
    this.#answered(status, 202);
    for (const task of body.items) this.ledger.submitted(task);
  }

  async #cancel(id: string): Promise<void> {
    const { status } = await this.submitter.report(id, 'cancelled');
    this.#answered(status, 200, 409);
    if (status === 200) this.ledger.cancelled(id);
  }

  async #work(workerId: string): Promise<void> {
    const { status, body } = await this.owner.claim(workerId, { max_tasks: 1 + this.random.below(4) });
    this.#answered(status, 200);
    const tasks = body.tasks ?? [];
    for (const task of tasks) this.ledger.claimed(task, workerId);
    if (tasks.length > 2) return this.#finishTogether(tasks);
    for (const { id } of tasks) if (await this.#report(id, 'running')) await this.#report(id, 'completed');
  }

  async #report(id: string, to: 'running' | 'completed'): Promise<boolean> {
    const { status } = await this.owner.report(id, to, to === 'completed' ? { result: { of: id } } : {});
    this.#answered(status, 200, 409);
    if (status === 200) this.#record(id, to);
    return status === 200;
  }

  async #finishTogether(tasks: readonly TaskView[]): Promise<void> {
    for (const to of ['running', 'completed'] as const) {
      const updates = tasks.map(({ id }) => ({ id, status: to, result: to === 'completed' ? { of: id } : null }));
      const { status, body } = await this.owner.call<{ items: ReportItem[] }>('PATCH', '/tasks', { updates });
      this.#answered(status, 200);
      for (const item of body.items) if (item.status === 200) this.#record(item.id, to);
    }
  }

  #record(id: string, status: 'running' | 'completed'): void {
    if (status === 'running') this.ledger.started(id);
    else this.ledger.completed(id, { of: id });
  }

  #answered(status: number, ...expected: readonly number[]): void {
    if (status === 503 && this.isOver !== null) throw new Refused();
    if (!expected.includes(status)) throw new Error(`A call was answered ${status}.`);
    this.#answers += 1;
    this.onAnswer(this.#answers);
  }

  async #untilGone(act: () => Promise<void>): Promise<void> {
    try {
      while (this.isOver?.() !== true) await act().catch(unlessRefused);
    } catch (error) {
      // What `fetch` throws when the connection breaks. Anything else is a defect.
      if ((error as Error).name !== 'TypeError') throw error;
    }
  }
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof Refused)) throw error;
}
