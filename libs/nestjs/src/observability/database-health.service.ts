import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { LeaseStore, UnitOfWork } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';

/** Whether the database can be used, for health checks. */
@Injectable()
export class DatabaseHealth {
  readonly #holder = randomUUID();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly leases: LeaseStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Writes a row, since a full disk and a read-only file still answer reads. @throws ProblemError `DatabaseUnavailable` */
  async check(): Promise<void> {
    const now = this.clock.now();
    await this.unitOfWork.run((transaction) => this.leases.acquire(transaction, 'health', this.#holder, now, now));
  }
}
