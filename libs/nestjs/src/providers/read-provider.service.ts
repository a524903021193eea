import { Inject, Injectable } from '@nestjs/common';
import { INTERNAL_ROOM, ProblemError } from '@joblib/contract';
import type { JsonSchema } from '@joblib/contract';

import type { Provider } from '../domain/provider.js';
import { providerFailureOf } from '../domain/provider-failure.js';
import type { ProviderFailure } from '../domain/provider-failure.js';
import type { StoredResult } from '../domain/result-envelope.js';
import { typedParams } from '../domain/typed-params.js';
import type { Preferences } from '../http/index.js';
import { SchemaChecker } from '../json-schema/index.js';
import { providerNotFound, visibleProviderName } from '../persistence/index.js';
import { JOBLIB_SETTINGS } from '../ports/index.js';
import type { Caller, JoblibSettings } from '../ports/index.js';
import { RoomAccess } from '../rooms/index.js';
import { HeldReads } from './held-reads.service.js';
import { InternalProviders } from './internal-providers.service.js';
import { ProviderAudience } from './provider-audience.service.js';
import { ProviderLookup } from './provider-lookup.service.js';
import { providerReadOf, readQueryOf } from './provider-read.js';
import type { ProviderRead } from './provider-read.js';
import { ProviderRequests } from './provider-requests.service.js';
import { ResultCache } from './result-cache.service.js';

/** A read as somebody asks for it. */
export interface ReadRequest {
  readonly caller: Caller;
  readonly roomId: string;
  /** "room_id:category:name" */
  readonly fullName: string;
  /** Query string, without its `?`. */
  readonly query: string;
  readonly preferences: Preferences;
  /** Whether a result that is cached already will not do. */
  readonly wantsFresh: boolean;
  clientGone(): AbortSignal;
}

/** `appliedWaitSeconds`: how long it was allowed to wait, when it was asked to; `null` when it was answered at once. */
export type ReadAnswer =
  | { readonly kind: 'result'; readonly result: StoredResult; readonly appliedWaitSeconds: number | null }
  | { readonly kind: 'failure'; readonly failure: ProviderFailure; readonly appliedWaitSeconds: number | null }
  | { readonly kind: 'pending'; readonly read: ProviderRead };

const RETRY_AFTER_SECONDS = '2';

/** Reads: from the cache, or from the provider by way of the cache. */
@Injectable()
export class ReadProvider {
  constructor(
    private readonly rooms: RoomAccess,
    private readonly lookup: ProviderLookup,
    private readonly internal: InternalProviders,
    private readonly schemas: SchemaChecker,
    private readonly cache: ResultCache,
    private readonly audience: ProviderAudience,
    private readonly requests: ProviderRequests,
    private readonly held: HeldReads,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /**
   * @throws ProblemError `InvalidRoomId`, what the read guard says, `ProviderNotFound`, `PayloadInvalid` (with payload validation),
   *   `ProviderDisconnected`, `ProviderTimeout`, `InternalJobNotConfigured`, `ResultBackendUnavailable`, `DatabaseUnavailable`.
   */
  async read(request: ReadRequest): Promise<ReadAnswer> {
    const { caller, roomId, preferences } = request;
    await this.rooms.assertReadable(roomId, caller);
    const query = readQueryOf(request.query);
    const waitSeconds = preferences.waitSeconds ?? this.settings.providerLongPollDefaultSeconds;
    const appliedWaitSeconds = Math.min(waitSeconds, this.settings.providerLongPollMaxSeconds);
    const isHeld = preferences.waitSeconds !== undefined || appliedWaitSeconds > 0;
    const deadlineMs = performance.now() + appliedWaitSeconds * 1000;
    for (;;) {
      const read = providerReadOf(await this.#getVisible(request), query, roomId);
      const cached = await this.cache.get(read.key);
      if (cached !== null && !request.wantsFresh) return answerOf(cached, null);
      await this.#assertParams(read);
      await this.#assertConnected(read, preferences);
      await this.requests.ask(read, cached !== null);
      if (!isHeld) return { kind: 'pending', read };
      const unlikeId = cached?.id ?? null;
      const outcome = await this.held.wait(read, { deadlineMs, unlikeId, clientGone: request.clientGone() });
      if (outcome === 'stopped') return { kind: 'pending', read };
      if (outcome === 'elapsed') throw timedOut(read, appliedWaitSeconds);
      // Meanwhile the room may have been closed to the caller.
      await this.rooms.assertReadable(roomId, caller);
      if (outcome !== 'changed') return answerOf(outcome, preferences.waitSeconds === undefined ? null : appliedWaitSeconds);
    }
  }

  async #getVisible({ fullName, roomId }: ReadRequest): Promise<Provider> {
    const name = visibleProviderName(fullName, roomId);
    const provider = (await this.lookup.find(name)) ?? (name.roomId === INTERNAL_ROOM ? await this.internal.registerLate(fullName) : null);
    if (provider === null) throw providerNotFound(fullName, roomId);
    return provider;
  }

  async #assertParams({ provider: { schema }, providerName, params }: ProviderRead): Promise<void> {
    if (!this.settings.payloadValidation || schema === '{}') return;
    try {
      await this.schemas.assertPayload(schema, typedParams(params, JSON.parse(schema) as JsonSchema), '?');
    } catch (error) {
      throw error instanceof ProblemError && error.problem === 'PayloadInvalid' ? paramsInvalid(providerName, error) : error;
    }
  }

  async #assertConnected({ provider, providerName }: ProviderRead, { handling }: Preferences): Promise<void> {
    if (handling !== 'strict' || provider.roomId === INTERNAL_ROOM || (await this.audience.hasListener(providerName))) return;
    throw new ProblemError('ProviderDisconnected', `Provider '${providerName}' has no live connection.`, {
      headers: { 'Retry-After': RETRY_AFTER_SECONDS },
    });
  }
}

/** The same defects, in the words of a query. */
function paramsInvalid(providerName: string, { errors = [] }: ProblemError): ProblemError {
  const inQuery = errors.map(({ pointer, detail }) => ({ pointer: pointer.replace('?/', '?'), detail }));
  const sentences = inQuery.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
  return new ProblemError('PayloadInvalid', `The parameters do not fit the schema of provider '${providerName}': ${sentences}.`, {
    errors: inQuery,
  });
}

function answerOf(result: StoredResult, appliedWaitSeconds: number | null): ReadAnswer {
  if (result.isError) return { kind: 'failure', failure: providerFailureOf(result.data), appliedWaitSeconds };
  return { kind: 'result', result, appliedWaitSeconds };
}

function timedOut({ providerName }: ProviderRead, waitSeconds: number): ProblemError {
  return new ProblemError('ProviderTimeout', `Provider '${providerName}' did not answer within ${waitSeconds} s.`, {
    headers: { 'Retry-After': RETRY_AFTER_SECONDS },
  });
}
