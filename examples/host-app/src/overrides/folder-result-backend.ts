import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '@joblib/nestjs';
import type { Clock, ResultBackend } from '@joblib/nestjs';

/** `RESULT_BACKEND`: what providers answered, as files of a folder; a server that restarts finds them again. */
@Injectable()
export class FolderResultBackend implements ResultBackend {
  readonly #folder = process.env['STUDIO_RESULTS'] ?? 'results';
  readonly #stored = new EventEmitter().setMaxListeners(0);
  /** When locks of reads under way end by themselves; epoch milliseconds by key. */
  readonly #inflight = new Map<string, number>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {
    mkdirSync(this.#folder, { recursive: true });
  }

  /** A file begins with the 8 bytes of its end (epoch milliseconds), and is never seen half-written. */
  async store(key: string, data: Uint8Array, ttlSeconds: number): Promise<void> {
    const end = Buffer.alloc(8);
    end.writeDoubleBE(this.clock.now() + ttlSeconds * 1000);
    const path = this.#pathOf(key);
    const draft = `${path}.${crypto.randomUUID()}`;
    await writeFile(draft, Buffer.concat([end, data]));
    await rename(draft, path);
  }

  async get(key: string): Promise<Uint8Array | null> {
    const file = await readFile(this.#pathOf(key)).catch(nullWhenMissing);
    return file !== null && file.readDoubleBE() > this.clock.now() ? file.subarray(8) : null;
  }

  async delete(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  acquireInflight(key: string, ttlSeconds: number): Promise<boolean> {
    const now = this.clock.now();
    if ((this.#inflight.get(key) ?? 0) > now) return Promise.resolve(false);
    this.#inflight.set(key, now + ttlSeconds * 1000);
    return Promise.resolve(true);
  }

  releaseInflight(key: string): Promise<void> {
    this.#inflight.delete(key);
    return Promise.resolve();
  }

  async waitForKey(key: string, timeoutSeconds: number): Promise<Uint8Array | null> {
    const wait = new AbortController();
    const timer = setTimeout(() => wait.abort(), timeoutSeconds * 1000);
    try {
      for (;;) {
        // Listening first: what is stored while we look is not missed.
        const notified = once(this.#stored, `key ${key}`, { signal: wait.signal }).catch(() => null);
        const there = await this.get(key);
        if (there !== null || wait.signal.aborted) return there;
        await notified;
      }
    } finally {
      clearTimeout(timer);
      wait.abort();
    }
  }

  notifyKey(key: string): Promise<void> {
    this.#stored.emit(`key ${key}`);
    return Promise.resolve();
  }

  #pathOf(key: string): string {
    return join(this.#folder, createHash('sha256').update(key).digest('hex'));
  }
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
