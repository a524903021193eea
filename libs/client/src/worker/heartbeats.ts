import { hasAborted } from '../abort.js';
import { pause } from '../clock.js';
import type { ClientClock } from '../clock.js';
import { backoffSeconds } from '../http/retries.js';
import type { ServerContact } from './server-contact.js';

export interface HeartbeatOptions {
  readonly clock: ClientClock;
  readonly contact: ServerContact;
  readonly intervalSeconds: number;
  /** Whether there should be a socket and is none: then only heartbeats tell the server that the worker is alive. */
  readonly isSocketDown: () => boolean;
  readonly beat: (signal: AbortSignal) => Promise<unknown>;
}

/** Well below the time that a server gives a worker to come back after its last socket dropped (5 s by default). */
const WITHOUT_SOCKET_SECONDS = 2;

/** Sends heartbeats until `signal` aborts, more often while something is wrong. */
export class Heartbeats {
  #wake = new AbortController();
  #failures = 0;

  constructor(private readonly options: HeartbeatOptions) {}

  /** Sends one now instead of later. */
  wake(): void {
    this.#wake.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, contact, beat } = this.options;
    for (;;) {
      this.#wake = new AbortController();
      await pause(clock, this.#delaySeconds() * 1000, [signal, this.#wake.signal]);
      if (hasAborted(signal)) return;
      try {
        await beat(signal);
        this.#failures = 0;
        contact.succeeded();
      } catch (error) {
        if (hasAborted(signal)) return;
        this.#failures += 1;
        contact.failed('A heartbeat', error);
      }
    }
  }

  #delaySeconds(): number {
    const { intervalSeconds, isSocketDown } = this.options;
    if (this.#failures > 0) return Math.min(intervalSeconds, backoffSeconds(this.#failures - 1));
    return isSocketDown() ? Math.min(intervalSeconds, WITHOUT_SOCKET_SECONDS) : intervalSeconds;
  }
}
