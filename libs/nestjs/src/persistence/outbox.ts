import { Injectable } from '@nestjs/common';
import { isTerminal } from '@joblib/contract';

import type { PluginAccepts } from '../domain/delivery.js';
import { mayBeReport } from '../domain/may-be-report.js';
import type { Task } from '../domain/task.js';
import { OUTBOX_TOPIC } from '../domain/topics.js';
import type { Transaction } from './session.js';

/**
 * Puts tasks that end out for plugins, in the transaction that ends them. It goes by what it was last told of the plugins of all servers:
 * while nobody has any, it costs nothing.
 */
@Injectable()
export class Outbox {
  #widest: PluginAccepts | null = null;

  /** @param accepts what each plugin of any server accepts. */
  expect(accepts: Iterable<PluginAccepts>): void {
    const all = new Set(accepts);
    this.#widest = all.has('tasks') ? 'tasks' : all.has('reports') ? 'reports' : null;
  }

  /** Whether some server has a plugin. */
  get isWatched(): boolean {
    return this.#widest !== null;
  }

  /** Those of the tasks that have ended and that some plugin may accept. */
  async put(transaction: Transaction, tasks: Iterable<Task>): Promise<void> {
    if (!this.isWatched) return;
    const taskIds = [...tasks].filter((task) => this.#isWanted(task)).map(({ id }) => id);
    if (taskIds.length === 0) return;
    await transaction.all(transaction.statements.deliveries.putOut(taskIds));
    transaction.notifyAfterCommit(OUTBOX_TOPIC);
  }

  #isWanted({ status, result }: Task): boolean {
    return isTerminal(status) && (this.#widest === 'tasks' || mayBeReport(result));
  }
}
