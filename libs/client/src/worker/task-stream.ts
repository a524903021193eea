import { onAbort } from '../abort.js';
import type { ClaimLoop } from './claim-loop.js';
import type { ClaimedTask } from './claimed-task.js';

/** Claimed tasks as they come, one at a time. It ends when its signal aborts, it is left, or the manager stops; it never throws. */
export class TaskStream implements AsyncIterableIterator<ClaimedTask, undefined> {
  readonly #left = new AbortController();
  readonly #releases: (() => void)[] = [];

  constructor(
    private readonly loop: ClaimLoop,
    signals: readonly AbortSignal[],
  ) {
    for (const signal of signals) this.#releases.push(onAbort(signal, () => this.#end()));
  }

  async next(): Promise<IteratorResult<ClaimedTask, undefined>> {
    const [task] = await this.loop.next(1, this.#left.signal);
    return task === undefined ? { done: true, value: undefined } : { done: false, value: task };
  }

  /** Ends it: a claim that is being held is given up. */
  return(): Promise<IteratorResult<ClaimedTask, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #end(): void {
    this.#left.abort();
    for (const release of this.#releases) release();
  }
}
