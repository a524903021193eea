import { Inject, Injectable } from '@nestjs/common';
import { v7 } from 'uuid';

import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';

/** A new id and the time inside it: rows keep that time as `created_at`, so that sorting by id is sorting by creation. */
export interface TimeOrderedId {
  readonly id: string;
  /** Epoch milliseconds; never goes back within a process, even when the clock does. */
  readonly createdAt: number;
}

const SEQUENCE_LIMIT = 2 ** 31;

/** UUIDv7, strictly increasing within a process. */
@Injectable()
export class TimeOrderedIds {
  #lastMs = 0;
  #sequence = 0;

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  next(): TimeOrderedId {
    const now = this.clock.now();
    if (now > this.#lastMs) {
      this.#lastMs = now;
      this.#sequence = 0;
    } else if (++this.#sequence === SEQUENCE_LIMIT) {
      this.#lastMs += 1;
      this.#sequence = 0;
    }
    return { id: v7({ msecs: this.#lastMs, seq: this.#sequence }), createdAt: this.#lastMs };
  }
}
