import { Inject, Injectable } from '@nestjs/common';

import { TaskStore } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { JOBLIB_SETTINGS } from '../ports/index.js';
import type { JoblibSettings } from '../ports/index.js';

/** Deletes finished tasks once they have outlived their keep; their idempotency keys stop counting with them. */
@Injectable()
export class TaskRetention {
  constructor(
    private readonly tasks: TaskStore,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /** @returns how many went, at most `limit`; none when tasks are kept for ever. */
  async deleteExpired(transaction: Transaction, now: number, limit: number): Promise<number> {
    const { taskRetentionSeconds } = this.settings;
    if (taskRetentionSeconds === 0) return 0;
    return this.tasks.deleteCompletedBefore(transaction, now - taskRetentionSeconds * 1000, limit);
  }
}
