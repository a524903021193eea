import type { ClientClock } from '../clock.js';
import { isOutage, isRegistrationLost } from '../http/errors.js';
import { sentenceOf } from '../logger.js';
import type { ClientLogger } from '../logger.js';
import type { StopSwitch } from './stop-switch.js';

export interface ServerContactOptions {
  readonly clock: ClientClock;
  readonly logger: ClientLogger;
  readonly stop: StopSwitch;
  readonly maxUnreachableSeconds: number;
}

/** Judges the answers of the calls that go on in the background, and stops the worker when there is no point in going on. */
export class ServerContact {
  /** The first failure of those that nothing has answered since. */
  #awaySinceMs: number | null = null;

  constructor(private readonly options: ServerContactOptions) {}

  succeeded(): void {
    this.#awaySinceMs = null;
  }

  /** A lost registration stops at once, an outage when it has lasted too long. */
  failed(what: string, error: unknown): void {
    const { clock, logger, stop, maxUnreachableSeconds } = this.options;
    if (stop.signal.aborted) return;
    if (isRegistrationLost(error)) {
      logger.error(`${what}: the server does not know this worker any more, stopping: ${sentenceOf(error)}`);
      stop.stop({ kind: 'registration-lost', error });
      return;
    }
    logger.warn(`${what} failed: ${sentenceOf(error)}`);
    if (!isOutage(error)) return;
    this.#awaySinceMs ??= clock.nowMs();
    if (clock.nowMs() - this.#awaySinceMs < maxUnreachableSeconds * 1000) return;
    logger.error(`The server has been away for ${maxUnreachableSeconds} s, stopping.`);
    stop.stop({ kind: 'unreachable', error });
  }
}
