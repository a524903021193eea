import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { INTERNAL_ROOM, ProblemError } from '@joblib/contract';

import { providerRequestEvent, providerResultReadyEvent } from '../domain/provider-events.js';
import { resultTopic } from '../domain/topics.js';
import { UnitOfWork } from '../persistence/index.js';
import { JOBLIB_SETTINGS, WAKE_UPS } from '../ports/index.js';
import type { JoblibSettings, WakeUps } from '../ports/index.js';
import { InternalReads } from './internal-reads.service.js';
import { ProviderAudience } from './provider-audience.service.js';
import { ProviderLookup } from './provider-lookup.service.js';
import type { ProviderRead } from './provider-read.js';
import { ResultCache } from './result-cache.service.js';

/** A result that somebody here waits for. */
interface Awaited {
  /** Rooms whose reads wait, without the provider's own, which is always told. */
  readonly rooms: Set<string>;
  /** Whether this server is the one that asked. */
  isHolder: boolean;
  /** Being asked for right now. */
  asking: Promise<void> | null;
  expiry: NodeJS.Timeout;
  readonly unsubscribe: () => void;
}

const RETRY_AFTER_SECONDS = '2';

/**
 * Asks providers, once for all who read the same: whoever gets the in-flight lock of a read sends the request. The lock ends with the
 * answer, with a request that could not be sent, or by itself. What was asked while nobody answered for the provider is asked again as soon
 * as somebody does.
 */
@Injectable()
export class ProviderRequests implements OnModuleDestroy {
  readonly #logger = new Logger('ProviderRequests');
  readonly #awaited = new Map<string, Awaited>();

  constructor(
    private readonly cache: ResultCache,
    private readonly internal: InternalReads,
    private readonly audience: ProviderAudience,
    private readonly lookup: ProviderLookup,
    private readonly unitOfWork: UnitOfWork,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  onModuleDestroy(): void {
    for (const key of [...this.#awaited.keys()]) this.#forget(key);
  }

  /**
   * Sees to it that the result of a read is on its way; done when it was asked for, here or elsewhere.
   * @param dropsCached whether what is cached is not wanted any more.
   * @throws ProblemError `ProviderDisconnected` when the request could not be sent, `InternalJobNotConfigured`, `ResultBackendUnavailable`.
   */
  async ask(read: ProviderRead, dropsCached: boolean): Promise<void> {
    const awaited = this.#remember(read);
    awaited.asking ??= this.#askOnce(read, awaited, dropsCached).finally(() => (awaited.asking = null));
    await awaited.asking;
  }

  /** The result of a read is there: whoever wanted it may be told, and the next one may ask again. Never rejects. */
  arrived(read: ProviderRead): Promise<void> {
    return this.#answered(read);
  }

  async #askOnce(read: ProviderRead, awaited: Awaited, dropsCached: boolean): Promise<void> {
    if (!(await this.cache.acquire(read.key, this.settings.providerInflightTtlSeconds))) return;
    awaited.isHolder = true;
    try {
      if (dropsCached) await this.cache.drop(read.key);
      await this.#send(read);
    } catch (error) {
      await this.#release(read.key, awaited);
      throw error;
    }
  }

  async #send(read: ProviderRead): Promise<void> {
    if (read.provider.roomId === INTERNAL_ROOM) {
      this.internal.start(read, () => this.#lost(read.key));
      return;
    }
    try {
      await this.unitOfWork.announce(providerRequestEvent(read.providerName, read.requestHash, read.paramsText));
    } catch (error) {
      this.#logger.error(`Provider '${read.providerName}' could not be asked: ${String(error)}`);
      throw new ProblemError('ProviderDisconnected', `Provider '${read.providerName}' could not be asked: events cannot be sent now.`, {
        cause: error,
        headers: { 'Retry-After': RETRY_AFTER_SECONDS },
      });
    }
  }

  #remember(read: ProviderRead): Awaited {
    const { key, roomId, provider } = read;
    const known = this.#awaited.get(key);
    const expiry = this.#expireLater(key);
    const awaited = known ?? {
      rooms: new Set<string>(),
      isHolder: false,
      asking: null,
      expiry,
      unsubscribe: this.#listenFor(read),
    };
    if (known !== undefined) {
      clearTimeout(known.expiry);
      known.expiry = expiry;
    }
    if (roomId !== provider.roomId) awaited.rooms.add(roomId);
    this.#awaited.set(key, awaited);
    return awaited;
  }

  #listenFor(read: ProviderRead): () => void {
    const ends = [
      this.wakeUps.subscribe(resultTopic(read.key), () => void this.#answered(read)),
      this.audience.onJoined(read.providerName, () => void this.#askAgain(read)),
    ];
    return () => ends.forEach((end) => end());
  }

  /**
   * Somebody has begun to answer for the provider. If there is nobody else, nobody there has heard the request; those who were there all
   * the time are not asked twice.
   */
  async #askAgain(read: ProviderRead): Promise<void> {
    const awaited = this.#awaited.get(read.key);
    if (awaited === undefined || !wasAsked(awaited)) return;
    if ((await this.audience.countListeners(read.providerName)) !== 1) return;
    try {
      const isRegistered = (await this.lookup.find(read.provider))?.registrationId === read.provider.registrationId;
      // Meanwhile it may have been answered, or asked again.
      if (!isRegistered || this.#awaited.get(read.key) !== awaited || !wasAsked(awaited)) return;
      await this.#release(read.key, awaited);
      await this.ask(read, false);
    } catch (error) {
      this.#logger.warn(`Provider '${read.providerName}' is back and could not be asked again: ${String(error)}`);
    }
  }

  #expireLater(key: string): NodeJS.Timeout {
    return setTimeout(() => this.#forget(key), this.settings.providerInflightTtlSeconds * 1000).unref();
  }

  /** The result is there, wherever it was uploaded. */
  async #answered({ key, providerName, requestHash }: ProviderRead): Promise<void> {
    const awaited = this.#forget(key);
    if (awaited === null) return;
    try {
      await this.#release(key, awaited);
      await this.unitOfWork.announce(...[...awaited.rooms].map((roomId) => providerResultReadyEvent(providerName, requestHash, roomId)));
    } catch (error) {
      this.#logger.error(`A result of '${providerName}' is there, which could not be told: ${String(error)}`);
    }
  }

  /** Nobody will answer: the next read asks again. */
  async #lost(key: string): Promise<void> {
    const awaited = this.#awaited.get(key);
    if (awaited !== undefined) await this.#release(key, awaited);
  }

  /** What cannot be released ends by itself. */
  async #release(key: string, awaited: Awaited): Promise<void> {
    if (!awaited.isHolder) return;
    awaited.isHolder = false;
    await this.cache.release(key).catch(() => undefined);
  }

  #forget(key: string): Awaited | null {
    const awaited = this.#awaited.get(key);
    if (awaited === undefined) return null;
    clearTimeout(awaited.expiry);
    awaited.unsubscribe();
    this.#awaited.delete(key);
    return awaited;
  }
}

/** By this server. What is being asked only now is heard by those who are there. */
function wasAsked({ isHolder, asking }: Awaited): boolean {
  return isHolder && asking === null;
}
