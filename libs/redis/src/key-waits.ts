import type { Redis } from 'ioredis';

import { firstAttempt } from './connection.js';

interface Waiter {
  settle(data: Uint8Array | null): void;
  refuse(error: Error): void;
}

/** All who wait here for one key: one subscription, one look at a time. */
interface KeyWait {
  readonly waiters: Set<Waiter>;
  isLooking: boolean;
  /** Whether something was told since the last look began. */
  looksAgain: boolean;
  readonly poll: NodeJS.Timeout;
}

/** A message may be lost; nobody waits longer for it than this. */
const POLL_MS = 1000;

/** Node's timers wait no longer than this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Waiting for keys: first subscribe, then look, then look whenever somebody tells or some time passed. */
export class KeyWaits {
  readonly #keys = new Map<string, KeyWait>();

  /**
   * @param subscriber a connection for nothing else.
   * @param look what is kept under a key, or `null`.
   * @param prefix of the channels.
   */
  constructor(
    private readonly subscriber: Redis,
    private readonly look: (key: string) => Promise<Uint8Array | null>,
    private readonly prefix: string,
  ) {
    subscriber.on('message', (channel: string) => this.#told(channel.slice(prefix.length)));
    subscriber.on('close', () => this.#refuseAll(new Error('The connection to Redis was lost.')));
  }

  get isConnected(): boolean {
    return this.subscriber.status === 'ready';
  }

  firstAttempt(): Promise<void> {
    return firstAttempt(this.subscriber);
  }

  /** `null` when `timeoutSeconds` passed. Rejects when Redis is away, or goes away. */
  wait(key: string, timeoutSeconds: number): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#leave(key, waiter);
      };
      const waiter: Waiter = {
        settle: (data) => {
          end();
          resolve(data);
        },
        refuse: (error) => {
          end();
          reject(error);
        },
      };
      const timer = setTimeout(() => waiter.settle(null), Math.min(timeoutSeconds * 1000, MAX_TIMER_MS)).unref();
      this.#join(key, waiter);
    });
  }

  close(): void {
    this.subscriber.disconnect();
    this.#refuseAll(new Error('The result backend was closed.'));
  }

  #join(key: string, waiter: Waiter): void {
    const known = this.#keys.get(key);
    if (known !== undefined) {
      known.waiters.add(waiter);
      this.#told(key);
      return;
    }
    const poll = setInterval(() => this.#told(key), POLL_MS).unref();
    const wait: KeyWait = { waiters: new Set([waiter]), isLooking: true, looksAgain: true, poll };
    this.#keys.set(key, wait);
    this.subscriber.subscribe(this.prefix + key).then(
      () => void this.#lookFor(key, wait),
      (error: unknown) => refuseAll(wait, error as Error),
    );
  }

  #leave(key: string, waiter: Waiter): void {
    const wait = this.#keys.get(key);
    if (wait === undefined || !wait.waiters.delete(waiter) || wait.waiters.size > 0) return;
    this.#keys.delete(key);
    clearInterval(wait.poll);
    // Without a connection there is no subscription.
    this.subscriber.unsubscribe(this.prefix + key).catch(() => undefined);
  }

  #told(key: string): void {
    const wait = this.#keys.get(key);
    if (wait === undefined) return;
    wait.looksAgain = true;
    if (!wait.isLooking) void this.#lookFor(key, wait);
  }

  async #lookFor(key: string, wait: KeyWait): Promise<void> {
    wait.isLooking = true;
    try {
      while (wait.waiters.size > 0 && wait.looksAgain) {
        wait.looksAgain = false;
        const data = await this.look(key);
        if (data !== null) for (const waiter of [...wait.waiters]) waiter.settle(data);
      }
    } catch (error) {
      refuseAll(wait, error as Error);
    } finally {
      wait.isLooking = false;
    }
  }

  #refuseAll(error: Error): void {
    for (const wait of [...this.#keys.values()]) refuseAll(wait, error);
  }
}

function refuseAll({ waiters }: KeyWait, error: Error): void {
  for (const waiter of [...waiters]) waiter.refuse(error);
}
