import { randomUUID } from 'node:crypto';

import type { ResultBackend } from '@joblib/nestjs';
import type { Redis } from 'ioredis';

import { firstAttempt, openConnection } from './connection.js';
import { KeyWaits } from './key-waits.js';

export interface RedisResultBackendOptions {
  /** Stands before every key and channel; `joblib:` without it. Servers of one database have the same. */
  readonly keyPrefix?: string;
  /** A command without an answer after so long has failed; 5000 without it. */
  readonly commandTimeoutMs?: number;
}

const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

/** Answers of providers for any number of servers, in Redis. Each method rejects at once while Redis is away. */
export class RedisResultBackend implements ResultBackend {
  readonly #prefix: string;
  readonly #commands: Redis;
  readonly #waits: KeyWaits;
  /** Value of the locks that this server holds. */
  readonly #owner = randomUUID();

  /** Begins to connect, and comes back whenever the connection breaks. */
  constructor(url: string, { keyPrefix = 'joblib:', commandTimeoutMs = 5000 }: RedisResultBackendOptions = {}) {
    this.#prefix = keyPrefix;
    this.#commands = openConnection(url, commandTimeoutMs);
    this.#waits = new KeyWaits(openConnection(url, commandTimeoutMs), (key) => this.get(key), `${keyPrefix}ready:`);
  }

  /** A backend that is connected, or knows that Redis is away: then it goes on trying. Never rejects. */
  static async connect(url: string, options?: RedisResultBackendOptions): Promise<RedisResultBackend> {
    const backend = new RedisResultBackend(url, options);
    await backend.#connected();
    return backend;
  }

  /** Whether Redis can be used now. */
  get isConnected(): boolean {
    return this.#commands.status === 'ready' && this.#waits.isConnected;
  }

  async store(key: string, data: Uint8Array, ttlSeconds: number): Promise<void> {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    await this.#commands.set(this.#prefix + key, bytes, 'PX', milliseconds(ttlSeconds));
  }

  get(key: string): Promise<Uint8Array | null> {
    return this.#commands.getBuffer(this.#prefix + key);
  }

  async delete(key: string): Promise<void> {
    await this.#commands.unlink(this.#prefix + key);
  }

  async acquireInflight(key: string, ttlSeconds: number): Promise<boolean> {
    return (await this.#commands.set(this.#lock(key), this.#owner, 'PX', milliseconds(ttlSeconds), 'NX')) === 'OK';
  }

  /** Only what this server holds: another one's lock is left alone. */
  async releaseInflight(key: string): Promise<void> {
    await this.#commands.eval(RELEASE, 1, this.#lock(key), this.#owner);
  }

  waitForKey(key: string, timeoutSeconds: number): Promise<Uint8Array | null> {
    return this.#waits.wait(key, timeoutSeconds);
  }

  async notifyKey(key: string): Promise<void> {
    await this.#commands.publish(`${this.#prefix}ready:${key}`, '');
  }

  /** Ends the connections; whoever waits is refused. */
  close(): void {
    this.#waits.close();
    this.#commands.disconnect();
  }

  /** Called by Nest. */
  onApplicationShutdown(): void {
    this.close();
  }

  async #connected(): Promise<void> {
    await Promise.all([firstAttempt(this.#commands), this.#waits.firstAttempt()]);
  }

  /** An answer and a lock may have the same key. */
  #lock(key: string): string {
    return `${this.#prefix}lock:${key}`;
  }
}

/** Whole and above 0, as Redis wants them. */
function milliseconds(seconds: number): number {
  return Math.max(1, Math.ceil(seconds * 1000));
}
