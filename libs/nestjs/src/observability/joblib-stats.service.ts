import { Injectable } from '@nestjs/common';
import type { TaskStatus } from '@joblib/contract';

import { UnitOfWork } from '../persistence/index.js';
import { DeliveryAttempts } from '../plugins/index.js';
import type { DeliveryAttempt } from '../plugins/index.js';
import { Sweeper } from '../sweeper/index.js';
import { HeldClaims, HeldPolls } from '../tasks/index.js';

/** What this server has done since it started (`…Total`), and what it is holding now. */
export interface JoblibSnapshot {
  /** Committed changes of tasks by the state they led to; each report of progress counts as `running`. */
  readonly taskChangesTotal: Readonly<Record<TaskStatus, number>>;
  readonly flushesTotal: number;
  readonly flushedOperationsTotal: number;
  readonly sweptWorkersTotal: number;
  readonly heldClaims: number;
  readonly heldPolls: number;
}

/** Figures for metrics. */
@Injectable()
export class JoblibStats {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly heldClaims: HeldClaims,
    private readonly heldPolls: HeldPolls,
    private readonly sweeper: Sweeper,
    private readonly attempts: DeliveryAttempts,
  ) {}

  /** Tells of each attempt of this server to deliver something to a plugin. @returns the way to end it. */
  onDelivery(listener: (attempt: DeliveryAttempt) => void): () => void {
    return this.attempts.subscribe(listener);
  }

  snapshot(): JoblibSnapshot {
    return {
      ...this.unitOfWork.counts,
      sweptWorkersTotal: this.sweeper.sweptWorkers,
      heldClaims: this.heldClaims.count,
      heldPolls: this.heldPolls.count,
    };
  }
}
