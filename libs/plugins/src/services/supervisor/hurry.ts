import type { ServiceClock } from '../service-clock.js';

/** How long a disposal may take. */
export interface DisposeLimits {
  /** From the call on, for all services together; then those that are left are ended by force, whatever their own grace. */
  readonly graceSeconds: number;
  /** After that. What is not gone then is given up, and `failed`. */
  readonly forceSeconds: number;
}

/** Two moments after which less is waited for. Neither comes unless somebody is in a hurry. */
export class Hurry {
  readonly #forcing = new AbortController();
  readonly #leaving = new AbortController();

  constructor(private readonly clock: ServiceClock) {}

  /** Aborted when asking was enough. */
  get force(): AbortSignal {
    return this.#forcing.signal;
  }

  /** Aborted when force was enough, too. */
  get leave(): AbortSignal {
    return this.#leaving.signal;
  }

  /** Lets both moments come, until `work` is done. */
  async within<Answer>({ graceSeconds, forceSeconds }: DisposeLimits, work: Promise<Answer>): Promise<Answer> {
    const comes = (controller: AbortController, seconds: number): (() => void) =>
      this.clock.startTimer(seconds * 1000, () => controller.abort(new Error('there is no more time')));
    const cancels = [comes(this.#forcing, graceSeconds), comes(this.#leaving, graceSeconds + forceSeconds)];
    try {
      return await work;
    } finally {
      for (const cancel of cancels) cancel();
    }
  }
}
