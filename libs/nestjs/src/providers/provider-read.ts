import { createHash } from 'node:crypto';

import { canonicalParams, formatFullName } from '@joblib/contract';
import type { ReadParams } from '@joblib/contract';

import type { Provider } from '../domain/provider.js';

/** One read of one provider as it is registered now. */
export interface ProviderRead {
  readonly provider: Provider;
  /** "room_id:category:name" */
  readonly providerName: string;
  readonly params: ReadParams;
  /** Canonical JSON. */
  readonly paramsText: string;
  readonly requestHash: string;
  /** Where its result is cached. */
  readonly key: string;
  /** The room that it came from. */
  readonly roomId: string;
}

export function providerReadOf(provider: Provider, params: ReadParams, roomId: string): ProviderRead {
  const paramsText = canonicalParams(params);
  const requestHash = createHash('sha256').update(paramsText).digest('hex');
  const key = resultKey(provider, requestHash);
  return { provider, providerName: formatFullName(provider), params, paramsText, requestHash, key, roomId };
}

/** Where the result of a read is cached. What was answered under an earlier registration is out of reach, and expires. */
export function resultKey(provider: Provider, requestHash: string): string {
  return `provider-result:${formatFullName(provider)}:${provider.registrationId}:${requestHash}`;
}

/** Where it is noted that a result is on its way. @param key of the result. */
export function inflightKey(key: string): string {
  return key.replace('provider-result:', 'provider-inflight:');
}
