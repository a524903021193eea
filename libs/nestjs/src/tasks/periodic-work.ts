/** Work that is repeated while somebody needs it. A run that takes longer than the interval delays the next one; it keeps no process alive. */
export class PeriodicWork {
  #timer: NodeJS.Timeout | null = null;

  /** @param work must not reject. */
  constructor(
    private readonly intervalMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  /** Does nothing when it runs already. */
  start(): void {
    if (this.#timer === null) this.#schedule();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #schedule(): void {
    const timer = setTimeout(() => void this.#run(timer), this.intervalMs);
    this.#timer = timer.unref();
  }

  async #run(timer: NodeJS.Timeout): Promise<void> {
    await this.work();
    if (this.#timer === timer) this.#schedule();
  }
}
