import { expect } from '@jest/globals';
import type { TaskStatus, TaskView } from '@joblib/contract';

/** A submission under an idempotency key. */
export interface Keyed {
  readonly job: string;
  readonly payload: unknown;
  /** The task that was answered; `null` when the server was gone before. */
  readonly taskId: string | null;
}

/** What the clients of a server were answered, and so may rely on, however it ended. */
export class Ledger {
  readonly #submitted = new Map<string, unknown>();
  readonly #claimedBy = new Map<string, string>();
  readonly #started = new Set<string>();
  readonly #results = new Map<string, unknown>();
  readonly #cancelled = new Set<string>();
  readonly #handedOutTwice: string[] = [];
  /** What was sent under idempotency keys. */
  readonly keyed = new Map<string, Keyed>();
  /** Ids of the workers that were answered. */
  readonly workers: string[] = [];

  get counts(): { submitted: number; claimed: number; completed: number; cancelled: number } {
    return {
      submitted: this.#submitted.size,
      claimed: this.#claimedBy.size,
      completed: this.#results.size,
      cancelled: this.#cancelled.size,
    };
  }

  /** Ids of the tasks that were answered, oldest first. */
  get taskIds(): string[] {
    return [...this.#submitted.keys()];
  }

  submitted({ id, payload }: TaskView): void {
    this.#submitted.set(id, payload);
  }

  claimed({ id }: TaskView, workerId: string): void {
    if (this.#claimedBy.has(id)) this.#handedOutTwice.push(id);
    this.#claimedBy.set(id, workerId);
  }

  started(id: string): void {
    this.#started.add(id);
  }

  completed(id: string, result: unknown): void {
    this.#results.set(id, result);
  }

  cancelled(id: string): void {
    this.#cancelled.add(id);
  }

  /** Compares with what the server has now. */
  expectKept(tasks: ReadonlyMap<string, TaskView>, workerIds: ReadonlySet<string>): void {
    expect(this.#handedOutTwice).toEqual([]);
    expect(this.workers.filter((id) => !workerIds.has(id))).toEqual([]);
    expect(this.taskIds.filter((id) => !tasks.has(id))).toEqual([]);
    expect([...tasks.values()].flatMap((task) => this.#brokenPromises(task))).toEqual([]);
  }

  /** What was answered about this task and is not so. */
  #brokenPromises(task: TaskView): string[] {
    const { id, status } = task;
    const broken: string[] = [];
    const mustBe = (...allowed: TaskStatus[]): void => {
      if (!allowed.includes(status)) broken.push(`${id} is ${status}, not ${allowed.join(' or ')}`);
    };
    const mustEqual = (what: string, left: unknown, right: unknown): void => {
      if (JSON.stringify(left) !== JSON.stringify(right))
        broken.push(`the ${what} of ${id} is ${JSON.stringify(left)}, not ${JSON.stringify(right)}`);
    };
    if (this.#submitted.has(id)) mustEqual('payload', task.payload, this.#submitted.get(id));
    const workerId = this.#claimedBy.get(id);
    if (workerId !== undefined) {
      mustBe('claimed', 'running', 'completed', 'cancelled');
      mustEqual('worker', [task.worker_id, task.attempt], [workerId, 1]);
    }
    if (this.#started.has(id)) mustBe('running', 'completed', 'cancelled');
    if (this.#cancelled.has(id)) mustBe('cancelled');
    if (this.#results.has(id)) {
      mustBe('completed');
      mustEqual('result', task.result, this.#results.get(id));
    }
    return broken;
  }
}
