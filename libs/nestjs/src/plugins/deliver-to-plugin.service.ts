import { Inject, Injectable } from '@nestjs/common';
import { PluginNotFoundError, contextOfTask, readReport } from '@joblib/plugins';
import type { PluginManager } from '@joblib/plugins';

import { nextAttemptAt } from '../domain/delivery-backoff.js';
import type { Delivery } from '../domain/delivery.js';
import { DeliveryStore, TaskStore, UnitOfWork } from '../persistence/index.js';
import type { AttemptOutcome } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';
import { snapshotOf } from './task-snapshot.js';

/** What a server has for an attempt beside the plugin's own time: waiting for its turn, and settling. */
const MARGIN_MS = 30_000;

/** One attempt at a delivery after another. A server that is killed meanwhile leaves it to whoever looks when its time is over. */
@Injectable()
export class DeliverToPlugin {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly deliveries: DeliveryStore,
    private readonly tasks: TaskStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The delivery that is due for longest, if there is one. @returns what became of it; `null` when none is due.
   * @throws ProblemError `DatabaseUnavailable`; then it is due again later, and may reach the plugin twice.
   */
  async deliverNext(manager: PluginManager, plugin: string, signal: AbortSignal): Promise<AttemptOutcome | null> {
    const now = this.clock.now();
    const until = now + 2 * manager.timeLimitMs + MARGIN_MS;
    const [delivery] = await this.unitOfWork.run((transaction) => this.deliveries.begin(transaction, plugin, now, until, 1));
    if (delivery === undefined) return null;
    const outcome = await this.#attempt(manager, delivery, signal);
    await this.unitOfWork.run((transaction) => this.deliveries.settle(transaction, delivery, outcome));
    return outcome;
  }

  async #attempt(manager: PluginManager, delivery: Delivery, signal: AbortSignal): Promise<AttemptOutcome> {
    const task = await this.unitOfWork.read((session) => this.tasks.findById(session, delivery.taskId));
    if (task === null) return { kind: 'failed', error: 'The task is gone.', nextAttemptAt: null };
    try {
      const snapshot = snapshotOf(task);
      const context = contextOfTask(snapshot, readReport(snapshot.result)).withSignal(signal);
      await manager.process(delivery.plugin, context);
      return { kind: 'succeeded', now: this.clock.now() };
    } catch (error) {
      if (signal.aborted || error instanceof PluginNotFoundError) return { kind: 'given-back', now: this.clock.now() };
      return { kind: 'failed', error: String(error), nextAttemptAt: nextAttemptAt(delivery.attempts, this.clock.now()) };
    }
  }
}
