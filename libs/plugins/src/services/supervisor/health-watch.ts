import type { ServiceClock } from '../service-clock.js';

/** Calls `look` again and again, each time an interval after it was done with the last one, until it is ended. */
export class HealthWatch {
  readonly #end = new AbortController();
  #cancel: () => void = () => undefined;

  /** @param look may throw once its signal is aborted. */
  constructor(
    private readonly clock: ServiceClock,
    private readonly intervalMs: number,
    private readonly look: (signal: AbortSignal) => Promise<void>,
  ) {
    this.#startTimer();
  }

  get hasEnded(): boolean {
    return this.#end.signal.aborted;
  }

  end(): void {
    this.#end.abort(new Error('it is no longer watched'));
    this.#cancel();
  }

  #startTimer(): void {
    this.#cancel = this.clock.startTimer(this.intervalMs, () => {
      this.look(this.#end.signal).then(
        () => {
          if (!this.hasEnded) this.#startTimer();
        },
        () => undefined,
      );
    });
  }
}
