import { Inject, Injectable, Logger } from '@nestjs/common';
import { readReport } from '@joblib/plugins';

import type { Delivery, PluginAccepts } from '../domain/delivery.js';
import { mayBeReport } from '../domain/may-be-report.js';
import type { Task } from '../domain/task.js';
import { DeliveryStore, TaskStore, TimeOrderedIds, UnitOfWork } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';
import { FORGOTTEN_AFTER_MS } from './plugin-audience.service.js';

/** Tasks handed out in one transaction. */
const BATCH = 50;

/** Makes of each task in the outbox one delivery for every plugin, of any server, that accepts it. */
@Injectable()
export class HandOutTasks {
  readonly #logger = new Logger('Plugins');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly deliveries: DeliveryStore,
    private readonly tasks: TaskStore,
    private readonly ids: TimeOrderedIds,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Until the outbox is empty. @throws ProblemError `DatabaseUnavailable`; what was not handed out stays in the outbox. */
  async handOutAll(): Promise<void> {
    let taken: number;
    do taken = await this.unitOfWork.run((transaction) => this.#handOut(transaction));
    while (taken === BATCH);
  }

  async #handOut(transaction: Transaction): Promise<number> {
    const taskIds = await this.deliveries.takeOut(transaction, BATCH);
    if (taskIds.length === 0) return 0;
    const plugins = await this.deliveries.pluginsSince(transaction, this.clock.now() - FORGOTTEN_AFTER_MS);
    const tasks = await this.tasks.findByIds(transaction, taskIds);
    const kinds = tasks.map((task) => ({ task, kind: this.#kindOf(task) }));
    await this.deliveries.insert(
      transaction,
      kinds.flatMap(({ task, kind }) =>
        plugins.filter(({ accepts }) => accepts === 'tasks' || kind === 'reports').map(({ name }) => this.#delivery(name, task)),
      ),
    );
    return taskIds.length;
  }

  #kindOf({ id, result }: Task): PluginAccepts {
    const reading = mayBeReport(result) ? readReport(JSON.parse(result)) : null;
    if (reading === null) return 'tasks';
    if ('report' in reading) return 'reports';
    this.#logger.warn(`The result of task ${id} claims to be a verification report and is none: ${reading.malformed}`);
    return 'tasks';
  }

  #delivery(plugin: string, { id: taskId }: Task): Delivery {
    const { id, createdAt } = this.ids.next();
    const nextAttemptAt = this.clock.now();
    return { id, plugin, taskId, status: 'pending', attempts: 0, createdAt, nextAttemptAt, deliveredAt: null, error: null };
  }
}
