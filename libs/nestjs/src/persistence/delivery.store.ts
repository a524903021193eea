import { Injectable } from '@nestjs/common';

import type { Delivery, PluginAccepts } from '../domain/delivery.js';
import type { Attempt, DeliveryRow, PluginRow } from './delivery-statements.js';
import type { Session, Transaction } from './session.js';

/** What becomes of an attempt at a delivery. Times are epoch milliseconds. */
export type AttemptOutcome =
  | { readonly kind: 'succeeded'; readonly now: number }
  | { readonly kind: 'failed'; readonly error: string; /** `null`: for good. */ readonly nextAttemptAt: number | null }
  /** It was not the plugin's fault: as if it had not been begun. */
  | { readonly kind: 'given-back'; readonly now: number };

/** Tasks on their way to plugins: handed out once, delivered at least once. */
@Injectable()
export class DeliveryStore {
  /** Says that a server has these plugins, now. */
  async announcePlugins(transaction: Transaction, plugins: readonly PluginRow[], now: number): Promise<void> {
    const { deliveries } = transaction.statements;
    // In one order everywhere: of two servers that announce the same ones, one waits for the other.
    const sorted = plugins.toSorted((left, right) => (left.name < right.name ? -1 : 1));
    for (const { name, accepts } of sorted) await transaction.all(deliveries.announcePlugin(name, accepts, now));
  }

  /** Those that some server has announced at or after `since`, by name. */
  async pluginsSince(session: Session, since: number): Promise<{ name: string; accepts: PluginAccepts }[]> {
    return session.all(session.statements.deliveries.pluginsSince(since));
  }

  /** Whether some server has, or had, a plugin of this name. */
  async isKnownPlugin(session: Session, name: string): Promise<boolean> {
    // No database has this character in a text.
    if (name.includes('\0')) return false;
    return isThere(await session.first(session.statements.deliveries.findPlugin(name)));
  }

  /** Ids of at most `limit` tasks, which are this transaction's to hand out; the oldest first. */
  async takeOut(transaction: Transaction, limit: number): Promise<string[]> {
    const rows = await transaction.all(transaction.statements.deliveries.takeOut(limit));
    return rows.map(({ task_id: taskId }) => taskId).sort();
  }

  async insert(transaction: Transaction, deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length > 0) await transaction.all(transaction.statements.deliveries.insert(deliveries));
  }

  /** Begins attempts at what is due, the longest due first; they are nobody else's until `until`. */
  async begin(transaction: Transaction, plugin: string, now: number, until: number, limit: number): Promise<Delivery[]> {
    const rows = await transaction.all(transaction.statements.deliveries.begin(plugin, now, until, limit));
    return rows.map(toDelivery).sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  /** @returns whether it counts: not when the time for it had passed and it was begun again. */
  async settle(transaction: Transaction, attempt: Attempt, outcome: AttemptOutcome): Promise<boolean> {
    const { deliveries } = transaction.statements;
    if (outcome.kind === 'succeeded') return isThere(await transaction.first(deliveries.succeed(attempt, outcome.now)));
    if (outcome.kind === 'given-back') return isThere(await transaction.first(deliveries.giveBack(attempt, outcome.now)));
    return isThere(await transaction.first(deliveries.fail(attempt, outcome.error, outcome.nextAttemptAt)));
  }

  /** Begins one anew that has failed for good. @returns `null` when there is no such delivery, or it has not failed. */
  async retry(transaction: Transaction, plugin: string, deliveryId: string, now: number): Promise<Delivery | null> {
    const row = await transaction.first(transaction.statements.deliveries.retry(plugin, deliveryId, now));
    return row && toDelivery(row);
  }

  async find(session: Session, plugin: string, deliveryId: string): Promise<Delivery | null> {
    if (plugin.includes('\0')) return null;
    const row = await session.first(session.statements.deliveries.find(plugin, deliveryId));
    return row && toDelivery(row);
  }

  /** The longest delivered first. @returns how many went, at most `limit`. */
  async deleteDeliveredBefore(transaction: Transaction, before: number, limit: number): Promise<number> {
    return (await transaction.all(transaction.statements.deliveries.deleteDeliveredBefore(before, limit))).length;
  }
}

function isThere(row: object | null): boolean {
  return row !== null;
}

/** As it is stored. */
export function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    plugin: row.plugin,
    taskId: row.task_id,
    status: row.status,
    attempts: row.attempts,
    createdAt: row.created_at,
    nextAttemptAt: row.next_attempt_at,
    deliveredAt: row.delivered_at,
    error: row.error,
  };
}
