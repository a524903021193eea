import type { IncomingHttpHeaders } from 'node:http';

import { ProblemError } from '@joblib/contract';

import type { StoredResult } from '../domain/result-envelope.js';

/** What a reader says about what it has, and which part it wants; header fields as they came. */
export interface ReadConditions {
  readonly ifNoneMatch?: string | undefined;
  readonly range?: string | undefined;
  readonly ifRange?: string | undefined;
}

/** Everything of an answer that carries a result; `null` in place of bytes that the reader has. */
export interface ReadReply {
  readonly status: 200 | 206 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

interface Slice {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
}

/**
 * The whole result, the part that was asked for, or the news that the reader has it already (RFC 9110, 13.2.2 and 14).
 * @throws ProblemError `RangeNotSatisfiable`.
 */
export function replyOf(result: StoredResult, { ifNoneMatch, range, ifRange }: ReadConditions, nowMs: number): ReadReply {
  const { data } = result;
  const entityTag = `"${result.entityTag}"`;
  if (ifNoneMatch !== undefined && isListed(entityTag, ifNoneMatch)) {
    return { status: 304, headers: { etag: entityTag, ...freshnessOf(result, nowMs) }, body: null };
  }
  const full = headersOf(result, entityTag, nowMs);
  const isSliced = range !== undefined && (ifRange === undefined || ifRange.trim() === entityTag);
  const slice = isSliced ? sliceOf(range, data.byteLength) : null;
  if (slice === null) return { status: 200, headers: full, body: data };
  const contentRange = `bytes ${slice.start}-${slice.end - 1}/${data.byteLength}`;
  return { status: 206, headers: { ...full, 'content-range': contentRange }, body: data.subarray(slice.start, slice.end) };
}

const CONDITIONS = ['if-none-match', 'if-range', 'if-match', 'if-modified-since', 'if-unmodified-since'] as const;

/**
 * Whether a request asks for a result that is not from the cache. `fetch` adds `Cache-Control: no-cache` and `Pragma: no-cache` by
 * itself to whatever is conditional, to pass its own cache by; together with a condition, the two are not meant for us.
 */
export function wantsFresh(headers: IncomingHttpHeaders): boolean {
  if (!/(?:^|,)\s*no-cache\s*(?:,|$)/i.test(headers['cache-control'] ?? '')) return false;
  return headers.pragma === undefined || CONDITIONS.every((name) => headers[name] === undefined);
}

/** Whoever has a provider decides what these bytes are; opened in a browser they shall not act as a page of this server. */
function headersOf(result: StoredResult, entityTag: string, nowMs: number): Record<string, string> {
  const freshness = freshnessOf(result, nowMs);
  // Written out: spreading objects into one another costs several times as much, for every read.
  return {
    etag: entityTag,
    'cache-control': freshness['cache-control'],
    age: freshness.age,
    'content-type': result.contentType,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  };
}

function freshnessOf({ storedAt, ttlSeconds }: StoredResult, nowMs: number): { 'cache-control': string; age: string } {
  // Another server's clock may be ahead.
  const ageSeconds = Math.max(0, (nowMs - storedAt) / 1000);
  const restSeconds = Math.max(0, Math.floor(ttlSeconds - ageSeconds));
  return { 'cache-control': `private, max-age=${restSeconds}`, age: String(Math.floor(ageSeconds)) };
}

function isListed(entityTag: string, list: string): boolean {
  return list.trim() === '*' || list.split(',').some((one) => one.trim().replace(/^W\//, '') === entityTag);
}

const ONE_RANGE = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i;

/** `null` when the header is to be ignored: several ranges, another unit, or none that can be read. */
function sliceOf(range: string, length: number): Slice | null {
  const [, first = '', last = ''] = ONE_RANGE.exec(range) ?? [];
  if (first === '' && last === '') return null;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null;
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? length : Math.min(Number(last) + 1, length);
  if (start < end) return { start, end };
  throw new ProblemError('RangeNotSatisfiable', `The result has ${length} bytes; '${range}' asks for none of them.`, {
    headers: { 'Content-Range': `bytes */${length}` },
  });
}
