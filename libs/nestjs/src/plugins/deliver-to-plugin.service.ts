import { Inject, Injectable } from '@nestjs/common';
import { PluginNotFoundError, contextOfTask, readReport } from '@joblib/plugins';
import type { PluginManager } from '@joblib/plugins';

import { nextAttemptAt } from '../domain/delivery-backoff.js';
import { failureText } from '../domain/delivery-failure.js';
import type { Delivery } from '../domain/delivery.js';
import { pluginsInvalidateEvent } from '../domain/plugin-events.js';
import { DeliveryStore, TaskStore, UnitOfWork } from '../persistence/index.js';
import type { AttemptOutcome, Transaction } from '../persistence/index.js';
import { CLOCK, JOBLIB_SETTINGS } from '../ports/index.js';
import type { Clock, JoblibSettings } from '../ports/index.js';
import { DeliveryAttempts } from './delivery-attempts.js';
import type { DeliveryOutcome } from './delivery-attempts.js';
import { snapshotOf } from './task-snapshot.js';

/** What a server has for an attempt beside the plugin's own time: waiting for its turn, and settling. */
const MARGIN_MS = 30_000;

/** An attempt that is over, and not yet settled. */
interface Attempted {
  readonly delivery: Delivery;
  readonly outcome: AttemptOutcome;
  readonly durationMs: number;
}

/** One attempt at a delivery after another. A server that is killed meanwhile leaves it to whoever looks when its time is over. */
@Injectable()
export class DeliverToPlugin {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly deliveries: DeliveryStore,
    private readonly tasks: TaskStore,
    private readonly attempts: DeliveryAttempts,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /**
   * All that is due, the longest due first, until nothing is, or until something had to be given back. @param onSettled told each time.
   * @throws ProblemError `DatabaseUnavailable`; what was under way is then due again later, and may reach the plugin twice.
   */
  async deliverAll(
    manager: PluginManager,
    plugin: string,
    signal: AbortSignal,
    onSettled: (outcome: AttemptOutcome) => void,
  ): Promise<void> {
    let last: Attempted | null = null;
    do {
      const delivery: Delivery | null = await this.#settleAndBegin(manager, plugin, signal, last);
      if (last !== null) onSettled(last.outcome);
      last = delivery && (await this.#timed(manager, delivery, signal));
    } while (last !== null);
  }

  /** Together: a commit for each delivery, not two. */
  async #settleAndBegin(manager: PluginManager, plugin: string, signal: AbortSignal, last: Attempted | null): Promise<Delivery | null> {
    const goesOn = !signal.aborted && last?.outcome.kind !== 'given-back';
    const { counts, delivery } = await this.unitOfWork.run(async (transaction) => ({
      counts: last !== null && (await this.#settle(transaction, last)),
      delivery: goesOn ? await this.#begin(transaction, manager, plugin) : null,
    }));
    if (last !== null && counts) this.attempts.tell({ plugin, outcome: nameOf(last.outcome), durationMs: last.durationMs });
    return delivery;
  }

  async #begin(transaction: Transaction, manager: PluginManager, plugin: string): Promise<Delivery | null> {
    const now = this.clock.now();
    const until = now + 2 * manager.timeLimitMs + MARGIN_MS;
    const [delivery] = await this.deliveries.begin(transaction, plugin, now, until, 1);
    return delivery ?? null;
  }

  /** @returns whether it counts. */
  async #settle(transaction: Transaction, { delivery, outcome }: Attempted): Promise<boolean> {
    const counts = await this.deliveries.settle(transaction, delivery, outcome);
    if (counts && nameOf(outcome) === 'failed') transaction.emitAfterCommit(pluginsInvalidateEvent());
    return counts;
  }

  async #timed(manager: PluginManager, delivery: Delivery, signal: AbortSignal): Promise<Attempted> {
    const startMs = performance.now();
    const outcome = await this.#attempt(manager, delivery, signal);
    return { delivery, outcome, durationMs: performance.now() - startMs };
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
      const next = nextAttemptAt(delivery.attempts, this.clock.now(), this.settings);
      return { kind: 'failed', error: failureText(error), nextAttemptAt: next };
    }
  }
}

function nameOf(outcome: AttemptOutcome): DeliveryOutcome {
  if (outcome.kind === 'succeeded') return 'delivered';
  if (outcome.kind === 'given-back') return 'given-back';
  return outcome.nextAttemptAt === null ? 'failed' : 'retrying';
}
