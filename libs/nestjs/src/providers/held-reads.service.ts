import { setTimeout as pause } from 'node:timers/promises';

import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';

import { providerTopic } from '../domain/topics.js';
import type { StoredResult } from '../domain/result-envelope.js';
import { JOBLIB_SETTINGS, WAKE_UPS } from '../ports/index.js';
import type { JoblibSettings, WakeUps } from '../ports/index.js';
import { ProviderLookup } from './provider-lookup.service.js';
import { ProviderRequests } from './provider-requests.service.js';
import type { ProviderRead } from './provider-read.js';
import { ResultCache } from './result-cache.service.js';

/** What a held read came to: its result, or why there is none. `changed`: the provider is not registered as it was. */
export type HeldRead = StoredResult | 'elapsed' | 'stopped' | 'changed';

/** How long a read is held, and for what. */
export interface Patience {
  /** On the monotonic clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** Id of a result that is not wanted. */
  readonly unlikeId: string | null;
  readonly clientGone: AbortSignal;
}

interface Reader {
  readonly unlikeId: string | null;
  settle(outcome: HeldRead): void;
  refuse(error: Error): void;
}

/** All readers here of one result; one look-out serves them all. */
interface Watch {
  readonly read: ProviderRead;
  readonly readers: Set<Reader>;
}

/** How soon a lock that ended, a lost wake-up or a new registration is noticed at the latest. */
const LOOK_AGAIN_SECONDS = 2;

/** Between a request for a fresh result and the moment when the old one is gone. */
const FRESH_PAUSE_MS = 20;

/** Reads that wait for a result. They hold no database session, however many they are. */
@Injectable()
export class HeldReads implements OnModuleDestroy {
  readonly #watches = new Map<string, Watch>();
  #isStopping = false;

  constructor(
    private readonly cache: ResultCache,
    private readonly requests: ProviderRequests,
    private readonly lookup: ProviderLookup,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /** How many reads are held now. */
  get count(): number {
    let count = 0;
    for (const { readers } of this.#watches.values()) count += readers.size;
    return count;
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
    for (const watch of this.#watches.values()) settleAll(watch, 'stopped');
  }

  /**
   * Waits for the result of a read that was asked for; when its time in flight is over, asks again.
   * @throws ProblemError what asking throws.
   */
  wait(read: ProviderRead, { deadlineMs, unlikeId, clientGone }: Patience): Promise<HeldRead> {
    if (this.#isStopping) return Promise.resolve('stopped');
    return new Promise((resolve, reject) => {
      const watch = this.#watches.get(read.key) ?? { read, readers: new Set<Reader>() };
      const end = (): void => {
        clearTimeout(timer);
        clientGone.removeEventListener('abort', elapse);
        watch.readers.delete(reader);
      };
      const settle = (outcome: HeldRead): void => {
        end();
        resolve(outcome);
      };
      const elapse = (): void => settle('elapsed');
      const refuse = (error: Error): void => {
        end();
        reject(error);
      };
      const reader: Reader = { unlikeId, settle, refuse };
      const timer = setTimeout(elapse, Math.max(0, deadlineMs - performance.now()));
      clientGone.addEventListener('abort', elapse, { once: true });
      watch.readers.add(reader);
      if (clientGone.aborted) elapse();
      else if (!this.#watches.has(read.key)) void this.#lookOut(watch);
    });
  }

  async #lookOut(watch: Watch): Promise<void> {
    const { key, provider } = watch.read;
    this.#watches.set(key, watch);
    const unsubscribe = this.wakeUps.subscribe(providerTopic(provider.id), () => settleAll(watch, 'changed'));
    try {
      while (watch.readers.size > 0) await this.#lookOnce(watch);
    } catch (error) {
      for (const reader of [...watch.readers]) reader.refuse(error as Error);
    } finally {
      unsubscribe();
      this.#watches.delete(key);
    }
  }

  async #lookOnce(watch: Watch): Promise<void> {
    const { read } = watch;
    // Subscribed; if it was registered anew between the read's own look and now, this one sees it.
    if ((await this.lookup.find(read.provider))?.registrationId !== read.provider.registrationId) {
      settleAll(watch, 'changed');
      return;
    }
    const result = await this.cache.waitFor(read.key, Math.min(LOOK_AGAIN_SECONDS, this.settings.providerInflightTtlSeconds));
    if (result !== null) for (const reader of [...watch.readers]) if (reader.unlikeId !== result.id) reader.settle(result);
    if (watch.readers.size === 0) {
      // The server that took it in tells everybody; what is heard here first need not wait for that.
      if (result !== null) await this.requests.arrived(read);
      return;
    }
    if (result !== null) await pause(FRESH_PAUSE_MS, undefined, { ref: false });
    await this.requests.ask(read, result !== null);
  }
}

function settleAll(watch: Watch, outcome: HeldRead): void {
  for (const reader of [...watch.readers]) reader.settle(outcome);
}
