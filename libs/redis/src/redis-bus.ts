import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import type { Redis } from 'ioredis';

import { openConnection } from './connection.js';
import { ServerRoll } from './server-roll.js';

/** Where a bus tells that Redis went away and came back; Nest's `Logger` is one. */
export interface RedisBusLog {
  log(message: string): unknown;
  warn(message: string): unknown;
}

export interface RedisBusOptions {
  /** Stands before every channel; `joblib:` without it. Servers of one database have the same. */
  readonly keyPrefix?: string;
  /** A command without an answer after so long has failed; 5000 without it. */
  readonly commandTimeoutMs?: number;
  /** Told once per outage; nobody without it. */
  readonly log?: RedisBusLog;
}

/** Each server says so often that it is there. */
const BEAT_MS = 1000;

/** Whoever does not hear itself for so long has lost Redis, whatever its connections say. */
const SILENCE_MS = 4000;

/** A Redis that hangs is not waited for. */
const FAREWELL_MS = 500;

/** So long after it was connected a server waits for the others, which may have lost Redis as well, to be connected too. */
const SETTLING_MS = 3000;

/**
 * What servers of one database tell each other: a connection to publish, one to listen. Nothing is kept: what is said while Redis is
 * away is lost, and counted. It recovers by itself, and never throws.
 */
export class RedisBus {
  /** Of this server, among those on the bus. */
  readonly id: string = randomUUID();
  readonly keyPrefix: string;
  /** For those who want more of it than this class has; its commands reject while Redis is away. */
  readonly publisher: Redis;
  /** For its `messageBuffer` and `pmessageBuffer` events. */
  readonly subscriber: Redis;
  readonly #roll = new ServerRoll();
  readonly #log: RedisBusLog | null;
  readonly #channels = new Set<string>();
  readonly #patterns = new Set<string>();
  readonly #listeners = new Map<string, (message: Buffer) => void>();
  readonly #beat: NodeJS.Timeout;
  /** When this server last heard itself over these connections. All times are on the clock of `performance.now()`. */
  #echoMs: number | null = null;
  /** When it last had reason to hope: an echo, or connections that were opened anew. */
  #hopeMs = performance.now();
  #connectedSinceMs: number | null = null;
  /** Whether this server has sockets that others have to reckon with. */
  #hasSockets = false;
  readonly #firstVerdict: Promise<void>;
  #verdictIsOut: () => void = () => undefined;
  #isAwayTold = false;
  #lostMessages = 0;
  #isClosed = false;

  /** Begins to connect, and comes back whenever a connection breaks. */
  constructor(url: string, { keyPrefix = 'joblib:', commandTimeoutMs = 5000, log }: RedisBusOptions = {}) {
    this.keyPrefix = keyPrefix;
    this.#log = log ?? null;
    this.publisher = openConnection(url, commandTimeoutMs);
    this.subscriber = openConnection(url, commandTimeoutMs);
    this.subscriber.on('ready', () => void this.#subscribeAll());
    this.subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => this.#listeners.get(channel.toString())?.(message));
    for (const connection of [this.publisher, this.subscriber]) connection.on('close', () => this.#lose());
    this.listen('servers', (message) => this.#hear(message.toString()));
    this.publisher.on('ready', () => void this.#say('who'));
    this.#firstVerdict = new Promise((resolve) => (this.#verdictIsOut = resolve));
    this.#beat = setInterval(() => this.#beatOnce(), BEAT_MS).unref();
  }

  /** A bus that is connected, or knows that Redis is away: then it goes on trying. Never rejects. */
  static async connect(url: string, options?: RedisBusOptions): Promise<RedisBus> {
    const bus = new RedisBus(url, options);
    await bus.#firstVerdict;
    return bus;
  }

  /** Whether what this server says reaches Redis and comes back. */
  get isConnected(): boolean {
    return this.#connectedSinceMs !== null;
  }

  /** Messages to other servers that could not be sent. */
  get lostMessages(): number {
    return this.#lostMessages;
  }

  /** Says something to whoever listens to this channel, on this server too. */
  publish(channel: string, message: string | Buffer): void {
    this.publisher.publish(channel, message).catch(() => (this.#lostMessages += 1));
  }

  /** @param name of the channel, behind the prefix; one listener each. */
  listen(name: string, listener: (message: Buffer) => void): void {
    this.#listeners.set(this.keyPrefix + name, listener);
    this.subscribe([this.keyPrefix + name]);
  }

  /** Has messages of these channels, or of channels with these patterns, arrive: now, and after every time that Redis was away. */
  subscribe(channels: readonly string[], patterns: readonly string[] = []): void {
    for (const channel of channels) this.#channels.add(channel);
    for (const pattern of patterns) this.#patterns.add(pattern);
    if (this.subscriber.status === 'ready') void this.#subscribeAll();
  }

  unsubscribe(channels: readonly string[], patterns: readonly string[] = []): void {
    for (const channel of channels) this.#channels.delete(channel);
    for (const pattern of patterns) this.#patterns.delete(pattern);
    // Without a connection there is no subscription.
    if (channels.length > 0) this.subscriber.unsubscribe(...channels).catch(() => undefined);
    if (patterns.length > 0) this.subscriber.punsubscribe(...patterns).catch(() => undefined);
  }

  /** Tells the others that this server has sockets: from now on they do not take its silence for nobody. */
  announceSockets(): void {
    this.#hasSockets = true;
    void this.#say('here');
  }

  /**
   * How many servers with sockets hear, if that is all of them. One that lost Redis still has its sockets: who asks only those that hear
   * would overlook it. Waits until all have had the time to connect.
   * @param count of servers that hear, this one included.
   * @throws Error when there are, or may be, more.
   */
  async assertAllHear(count: () => Promise<number>): Promise<number> {
    const settlingMs = (this.#connectedSinceMs ?? -Infinity) + SETTLING_MS - performance.now();
    if (settlingMs > 0) await pause(settlingMs, undefined, { ref: false });
    const hearing = await count();
    const all = 1 + this.#roll.count(performance.now());
    if (!this.isConnected) throw new Error('Redis is away.');
    if (hearing < all) throw new Error(`Only ${hearing} of ${all} servers can be asked.`);
    return hearing;
  }

  /** Says farewell and ends the connections. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#beat);
    await Promise.race([this.#say('bye'), pause(FAREWELL_MS, undefined, { ref: false })]);
    this.subscriber.disconnect();
    this.publisher.disconnect();
  }

  async #subscribeAll(): Promise<void> {
    try {
      await this.subscriber.subscribe(...this.#channels);
      if (this.#patterns.size > 0) await this.subscriber.psubscribe(...this.#patterns);
      await this.#say('who');
    } catch {
      // Deaf, it is of no use: once more from the start. It may have gone by itself.
      if (this.subscriber.status === 'ready') this.subscriber.disconnect(true);
    }
  }

  #say(word: 'here' | 'who' | 'bye'): Promise<unknown> {
    const kind = this.#hasSockets ? 'sockets' : 'none';
    return this.publisher.publish(`${this.keyPrefix}servers`, `${word} ${this.id} ${kind}`).catch(() => undefined);
  }

  #hear(message: string): void {
    const [word, id = '', kind] = message.split(' ');
    const nowMs = performance.now();
    if (id === this.id) {
      this.#echoMs = this.#hopeMs = nowMs;
      this.#judge();
      return;
    }
    if (word === 'bye') this.#roll.leaves(id);
    else if (kind === 'sockets') this.#roll.hears(id, nowMs);
    if (word === 'who') void this.#say('here');
  }

  #beatOnce(): void {
    this.#judge();
    void this.#say('here');
    // A connection that is cut off does not notice it by itself.
    if (performance.now() - this.#hopeMs < SILENCE_MS) return;
    for (const connection of [this.publisher, this.subscriber]) if (connection.status === 'ready') connection.disconnect(true);
    this.#hopeMs = performance.now();
  }

  #lose(): void {
    this.#echoMs = null;
    this.#judge();
  }

  #judge(): void {
    if (this.#isClosed) return;
    const nowMs = performance.now();
    const isConnected = this.#echoMs !== null && nowMs - this.#echoMs < SILENCE_MS;
    this.#verdictIsOut();
    if (isConnected === this.isConnected && (isConnected || this.#isAwayTold)) return;
    this.#connectedSinceMs = isConnected ? nowMs : null;
    if (isConnected && this.#isAwayTold) this.#log?.log('Redis is back: servers hear each other again.');
    if (!isConnected) this.#log?.warn('Redis is away: events and wake-ups stay on this server until it is back.');
    this.#isAwayTold = !isConnected;
  }
}
