import { LocalWakeUps } from '@joblib/nestjs';
import type { WakeUps } from '@joblib/nestjs';

import type { RedisBus } from './redis-bus.js';

/** Topics, and how often each was notified: one new task is to wake one who waits on each server. */
type Notifications = readonly (readonly [topic: string, count: number])[];

/**
 * Wake-ups between servers. Who waits on this server is woken at once; the others hear of everything that happened in one turn of the
 * event loop in one message. While Redis is away they hear nothing, and find out by their own looks.
 */
export class RedisWakeUps implements WakeUps {
  readonly #local = new LocalWakeUps();
  #unsent = new Map<string, number>();

  /** @param bus stays open: whoever made it closes it. */
  constructor(private readonly bus: RedisBus) {
    bus.listen('wake-ups', (message) => this.#hear(message));
  }

  notify(topic: string): void {
    if (this.#unsent.size === 0) setImmediate(() => this.#send());
    this.#unsent.set(topic, (this.#unsent.get(topic) ?? 0) + 1);
    this.#local.notify(topic);
  }

  subscribe(topic: string, listener: () => void): () => void {
    return this.#local.subscribe(topic, listener);
  }

  #send(): void {
    const notifications: Notifications = [...this.#unsent];
    this.#unsent = new Map();
    this.bus.publish(`${this.bus.keyPrefix}wake-ups`, JSON.stringify([this.bus.id, notifications]));
  }

  #hear(message: Buffer): void {
    const [serverId, notifications] = JSON.parse(message.toString()) as [string, Notifications];
    if (serverId === this.bus.id) return;
    for (const [topic, count] of notifications) for (let sent = 0; sent < count; sent += 1) this.#local.notify(topic);
  }
}
