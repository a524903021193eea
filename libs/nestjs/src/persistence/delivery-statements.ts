import type { DeliveryStatus } from '@joblib/contract';

import type { Delivery, PluginAccepts } from '../domain/delivery.js';
import type { IdRow } from './rows.js';
import type { Statement } from './statement.js';

export interface DeliveryRow {
  readonly id: string;
  readonly plugin: string;
  readonly task_id: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly created_at: number;
  readonly next_attempt_at: number | null;
  readonly delivered_at: number | null;
  readonly error: string | null;
}

/** Some deliveries, one after the other. */
export interface StretchRow {
  readonly length: number;
  /** Id of the last one; `null` of nothing. */
  readonly last_id: string | null;
}

export interface PluginRow {
  readonly name: string;
  readonly accepts: PluginAccepts;
}

/** One attempt at a delivery. It counts only while it is the last one. */
export type Attempt = Pick<Delivery, 'id' | 'attempts' | 'nextAttemptAt'>;

/** What the servers know of one another's plugins, the tasks that wait to be handed out to them, and where each of these stands. */
export interface DeliveryStatements {
  /** Says that a server has this plugin, now. */
  announcePlugin(name: string, accepts: PluginAccepts, now: number): Statement<never>;
  /** Those that some server has announced at or after `since`, by name. */
  pluginsSince(since: number): Statement<PluginRow>;
  /** Whether a server has, or had, this plugin. */
  findPlugin(name: string): Statement<PluginRow>;
  /** One row for each task, however often it is asked for. */
  putOut(taskIds: readonly string[]): readonly Statement<never>[];
  /** Takes out what nobody else is taking out, the oldest first. */
  takeOut(limit: number): Statement<{ task_id: string }>;
  /** A task is delivered to a plugin once: what is there already stays as it is. */
  insert(deliveries: readonly Delivery[]): readonly Statement<never>[];
  /** Begins attempts at what is due, the longest due first; they are nobody else's until `until`. */
  begin(plugin: string, now: number, until: number, limit: number): Statement<DeliveryRow>;
  succeed(attempt: Attempt, now: number): Statement<IdRow>;
  /** `nextAttemptAt: null`: for good. */
  fail(attempt: Attempt, error: string, nextAttemptAt: number | null): Statement<IdRow>;
  /** As if the attempt had never been begun. */
  giveBack(attempt: Attempt, now: number): Statement<IdRow>;
  /** Only what has failed for good: it begins anew. */
  retry(plugin: string, deliveryId: string, now: number): Statement<DeliveryRow>;
  find(plugin: string, deliveryId: string): Statement<DeliveryRow>;
  /** Newest first. `beforeId: null`: from the newest on. */
  list(plugin: string, status: DeliveryStatus | null, beforeId: string | null, limit: number): Statement<DeliveryRow>;
  /** Walks over up to `steps` of them, newest first. */
  walk(plugin: string, status: DeliveryStatus | null, beforeId: string | null, steps: number): Statement<StretchRow>;
  /** Of the youngest delivery that has an error. */
  lastError(plugin: string): Statement<{ error: string }>;
  deleteDeliveredBefore(before: number, limit: number): Statement<IdRow>;
}
