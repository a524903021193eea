import { randomFillSync } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { parse, v7 } from 'uuid';

import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';
import { UnitOfWork } from './unit-of-work.js';

/** A new id and the time inside it: rows keep that time as `created_at`, so that sorting by id is sorting by creation. */
export interface TimeOrderedId {
  readonly id: string;
  /** Epoch milliseconds; never goes back, even when the clock does. */
  readonly createdAt: number;
}

const SEQUENCE_LIMIT = 2 ** 31;

/** What one id takes of the random bytes, and how many are made at a time: asking for them costs as much as an insert. */
const RANDOM_BYTES = 16;
const RANDOM_POOL_BYTES = 256 * RANDOM_BYTES;

/** UUIDv7, strictly increasing within a process and behind every task of the processes before it: a queue stays in order. */
@Injectable()
export class TimeOrderedIds implements OnModuleInit {
  #lastMs = 0;
  #sequence = 0;
  readonly #random = new Uint8Array(RANDOM_POOL_BYTES);
  #usedRandom = RANDOM_POOL_BYTES;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The clock may have gone back while no server ran. */
  async onModuleInit(): Promise<void> {
    const newest = await this.unitOfWork.read((session) => session.first(session.statements.housekeeping.newestTask()));
    if (newest !== null) this.#lastMs = Math.max(this.#lastMs, timeOf(newest.id) + 1);
  }

  next(): TimeOrderedId {
    const now = this.clock.now();
    if (now > this.#lastMs) {
      this.#lastMs = now;
      this.#sequence = 0;
    } else if (++this.#sequence === SEQUENCE_LIMIT) {
      this.#lastMs += 1;
      this.#sequence = 0;
    }
    return { id: v7({ msecs: this.#lastMs, seq: this.#sequence, random: this.#randomBytes() }), createdAt: this.#lastMs };
  }

  #randomBytes(): Uint8Array {
    if (this.#usedRandom === RANDOM_POOL_BYTES) {
      randomFillSync(this.#random);
      this.#usedRandom = 0;
    }
    return this.#random.subarray(this.#usedRandom, (this.#usedRandom += RANDOM_BYTES));
  }
}

/** The first 48 bits of a UUIDv7 are its time. */
function timeOf(id: string): number {
  return Buffer.from(parse(id)).readUIntBE(0, 6);
}
