import { hash } from 'node:crypto';

import { canonicalParams, formatFullName, readParamsOf } from '@joblib/contract';
import type { ReadParams } from '@joblib/contract';
import { LRUCache } from 'lru-cache';

import type { Provider } from '../domain/provider.js';

/** What is asked of a provider. */
export interface ReadQuery {
  readonly params: ReadParams;
  /** Canonical JSON. */
  readonly paramsText: string;
  readonly requestHash: string;
}

/** One read of one provider as it is registered now. */
export interface ProviderRead extends ReadQuery {
  readonly provider: Provider;
  /** "room_id:category:name" */
  readonly providerName: string;
  /** Where its result is cached. */
  readonly key: string;
  /** The room that it came from. */
  readonly roomId: string;
}

/** Characters of query strings that are kept in mind, and of the longest one. */
const KEPT_CHARACTERS = 1_000_000;
const LONGEST_KEPT = 1000;

/** What is read often is asked for in the same words. */
const known = new LRUCache<string, ReadQuery>({
  maxSize: KEPT_CHARACTERS,
  maxEntrySize: LONGEST_KEPT,
  sizeCalculation: (_query, text) => text.length + 1,
});

/** @param text query string, without its `?`. */
export function readQueryOf(text: string): ReadQuery {
  const kept = known.get(text);
  if (kept !== undefined) return kept;
  const params = readParamsOf(text);
  const paramsText = canonicalParams(params);
  const query = { params, paramsText, requestHash: hash('sha256', paramsText, 'hex') };
  known.set(text, query);
  return query;
}

export function providerReadOf(provider: Provider, query: ReadQuery, roomId: string): ProviderRead {
  const { params, paramsText, requestHash } = query;
  const key = resultKey(provider, requestHash);
  return { params, paramsText, requestHash, provider, providerName: formatFullName(provider), key, roomId };
}

/** Where the result of a read is cached. What was answered under an earlier registration is out of reach, and expires. */
export function resultKey(provider: Provider, requestHash: string): string {
  return `provider-result:${formatFullName(provider)}:${provider.registrationId}:${requestHash}`;
}

/** Where it is noted that a result is on its way. @param key of the result. */
export function inflightKey(key: string): string {
  return key.replace('provider-result:', 'provider-inflight:');
}
