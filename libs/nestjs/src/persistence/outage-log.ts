import type { Logger } from '@nestjs/common';

/** A database that takes small changes and refuses large ones begins and ends an outage with every other call. */
const QUIET_MS = 10_000;

/** Tells in the log when the database cannot be used and when it can again: one line each, not one for each refused call. */
export class OutageLog {
  #isTold = false;
  #quietUntilMs = 0;

  constructor(private readonly logger: Logger) {}

  /** A call was refused. */
  began(reason: string): void {
    // While it lasts its reasons alternate: refused, not answered in time, no connection left.
    if (this.#isTold || performance.now() < this.#quietUntilMs) return;
    this.#isTold = true;
    this.#quietUntilMs = performance.now() + QUIET_MS;
    this.logger.error(reason);
  }

  /** Something was written. */
  ended(): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    this.logger.log('The database can be used again.');
  }
}
