import { createHash, randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';
import { formatFullName } from '@joblib/contract';

import { providerResultReadyEvent } from '../domain/provider-events.js';
import type { Provider } from '../domain/provider.js';
import { sealResult } from '../domain/result-envelope.js';
import { resultTopic } from '../domain/topics.js';
import { UnitOfWork } from '../persistence/index.js';
import { CLOCK, JOBLIB_SETTINGS, WAKE_UPS } from '../ports/index.js';
import type { Clock, JoblibSettings, WakeUps } from '../ports/index.js';
import { resultKey } from './provider-read.js';
import { ResultCache } from './result-cache.service.js';

/** Bytes that answer a read, and what they are. */
export interface NewResult {
  readonly pieces: readonly Uint8Array[];
  /** SHA-256 of the bytes, base64url. */
  readonly digest: string;
  readonly isError: boolean;
}

/** A result of bytes that are all there. */
export function newResult(data: Uint8Array, isError = false): NewResult {
  return { pieces: [data], digest: createHash('sha256').update(data).digest('base64url'), isError };
}

/** Digits of the digest that make an entity tag: 132 bits. */
const ENTITY_TAG_LENGTH = 22;

/** Keeps a result and tells everybody who waits for it: held reads, the servers that asked, the rooms. */
@Injectable()
export class StoreResult {
  readonly #logger = new Logger('StoreResult');

  constructor(
    private readonly cache: ResultCache,
    private readonly unitOfWork: UnitOfWork,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /** @throws ProblemError `ResultBackendUnavailable`. */
  async store(provider: Provider, requestHash: string, { pieces, digest, isError }: NewResult): Promise<void> {
    const ttlSeconds = this.settings.providerResultTtlSeconds;
    const envelope = sealResult(pieces, {
      id: randomUUID(),
      contentType: provider.contentType,
      isError,
      entityTag: digest.slice(0, ENTITY_TAG_LENGTH),
      storedAt: this.clock.now(),
      ttlSeconds,
    });
    const key = resultKey(provider, requestHash);
    await this.cache.store(key, envelope, ttlSeconds);
    await this.#tell(provider, requestHash, key);
  }

  /** It is stored, whatever goes wrong here. */
  async #tell(provider: Provider, requestHash: string, key: string): Promise<void> {
    try {
      this.wakeUps.notify(resultTopic(key));
      await this.unitOfWork.announce(providerResultReadyEvent(formatFullName(provider), requestHash, provider.roomId));
    } catch (error) {
      this.#logger.error(`A result of '${formatFullName(provider)}' is there, which could not be told: ${String(error)}`);
    }
  }
}
