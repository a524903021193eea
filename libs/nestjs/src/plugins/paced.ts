/** Does something as soon as it is asked to; asked again and again, no more often than every so many milliseconds. */
export class Paced {
  #timer: NodeJS.Timeout | undefined;
  #lastMs = -Infinity;

  constructor(
    private readonly work: () => void,
    private readonly intervalMs: number,
  ) {}

  ask(): void {
    if (this.#timer !== undefined) return;
    const waitMs = this.#lastMs + this.intervalMs - performance.now();
    if (waitMs <= 0) this.#do();
    else this.#timer = setTimeout(() => this.#do(), waitMs).unref();
  }

  /** What was asked for and not yet done is not done any more. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #do(): void {
    this.#timer = undefined;
    this.#lastMs = performance.now();
    this.work();
  }
}
