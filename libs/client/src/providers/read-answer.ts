import { DEFAULT_PROVIDER_CONTENT_TYPE, PROBLEM_MEDIA_TYPE, ProblemError } from '@joblib/contract';

import type { ProviderUpload } from '../http/joblib-api.js';
import { sentenceOf } from '../logger.js';

/**
 * What a provider's `read` resolved to, as bytes of its content type.
 * @throws TypeError when it is something else than the content type says.
 */
export async function uploadOf(result: unknown, contentType: string): Promise<ProviderUpload> {
  return { bytes: await bytesOf(result, contentType), contentType, isError: false };
}

/** The problem document that tells the reader what went wrong. */
export function failedUpload(error: unknown): ProviderUpload {
  const document =
    error instanceof ProblemError
      ? error.toDocument()
      : { type: 'about:blank', title: 'Provider read failed', status: 500, detail: sentenceOf(error) };
  return { bytes: encoded(JSON.stringify(document)), contentType: PROBLEM_MEDIA_TYPE, isError: true };
}

async function bytesOf(result: unknown, contentType: string): Promise<Uint8Array<ArrayBuffer>> {
  if (contentType.split(';', 1)[0]?.trim().toLowerCase() === DEFAULT_PROVIDER_CONTENT_TYPE) {
    const text = JSON.stringify(result ?? null) as string | undefined;
    if (text === undefined) throw new TypeError(`A provider of JSON answered a ${typeof result}.`);
    return encoded(text);
  }
  if (typeof result === 'string') return encoded(result);
  if (result instanceof ArrayBuffer) return new Uint8Array(result);
  if (ArrayBuffer.isView(result)) return new Uint8Array(result.buffer, result.byteOffset, result.byteLength).slice();
  if (result instanceof Blob) return new Uint8Array(await result.arrayBuffer());
  throw new TypeError(`A provider of '${contentType}' has to answer bytes or text, not ${result === null ? 'null' : typeof result}.`);
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
