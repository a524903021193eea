import { createHash } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { MAX_REQUEST_HASH_LENGTH } from '@joblib/contract';
import type { ProblemError } from '@joblib/contract';
import type { FastifyRequest } from 'fastify';

import {
  assertDeclaredLength,
  isJsonObject,
  jsonBodyOf,
  jsonTextOf,
  receiveBody,
  refuseEncodedBody,
  validationError,
} from '../http/index.js';
import { JOBLIB_SETTINGS } from '../ports/index.js';
import type { Caller, JoblibSettings } from '../ports/index.js';
import { Providers } from './providers.service.js';
import { StoreResult, newResult } from './store-result.service.js';
import type { NewResult } from './store-result.service.js';

/** Takes results from providers, in both of their forms. */
@Injectable()
export class UploadResult {
  constructor(
    private readonly providers: Providers,
    private readonly results: StoreResult,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /**
   * Stores what the request carries; whether somebody asked for it does not matter. Nothing is stored of a body that breaks off.
   * @throws ProblemError `PayloadTooLarge`, `ValidationError` (no hash), `MalformedBody`, `UnsupportedMediaType`, `ProviderNotFound`,
   *   `Forbidden`, `ResultBackendUnavailable`.
   */
  async upload(providerId: string, caller: Caller, request: FastifyRequest): Promise<void> {
    const isError = String(request.headers['x-result-status'] ?? '').toLowerCase() === 'error';
    // A problem document is read as one.
    const limitBytes = isError ? this.settings.maxBodyBytes : this.settings.providerResultMaxBytes;
    assertDeclaredLength(request, limitBytes);
    const hash = request.headers['x-request-hash'];
    if (hash === undefined) {
      const { requestHash, data } = await readJsonForm(request, limitBytes);
      await this.results.store(await this.providers.getOwn(providerId, caller), requestHash, newResult(data, isError));
      return;
    }
    const requestHash = assertHash(String(hash), 'X-Request-Hash');
    refuseEncodedBody(request);
    // Before the bytes: whoever may not upload shall not fill the memory either.
    const provider = await this.providers.getOwn(providerId, caller);
    await this.results.store(provider, requestHash, { ...(await readBytes(request, limitBytes)), isError });
  }
}

async function readBytes(request: FastifyRequest, limitBytes: number): Promise<Omit<NewResult, 'isError'>> {
  const digest = createHash('sha256');
  const pieces = await receiveBody(request, limitBytes, (piece) => digest.update(piece));
  return { pieces, digest: digest.digest('base64url') };
}

/** `{"request_hash", "data"}`; `data` is kept as the text that was sent. */
async function readJsonForm(request: FastifyRequest, limitBytes: number): Promise<{ requestHash: string; data: Uint8Array }> {
  const bytes = Buffer.concat(await receiveBody(request, limitBytes));
  const body = jsonOf(request, bytes);
  if (!isJsonObject(body) || typeof body['request_hash'] !== 'string') throw hashIsMissing();
  const requestHash = assertHash(body['request_hash'], '/request_hash');
  if (!Object.hasOwn(body, 'data')) throw validationError([{ pointer: '/data', detail: 'must be there' }]);
  return { requestHash, data: Buffer.from(jsonTextOf(body, 'data')) };
}

/** Bytes that do not claim to be JSON, and are none, are a result without its hash. */
function jsonOf(request: FastifyRequest, bytes: Buffer): unknown {
  if (bytes.byteLength === 0) throw hashIsMissing();
  try {
    return jsonBodyOf(request, bytes);
  } catch (error) {
    if (/[/+]json\b/i.test(request.headers['content-type'] ?? '')) throw error;
    throw hashIsMissing();
  }
}

function hashIsMissing(): ProblemError {
  return validationError([{ pointer: 'X-Request-Hash', detail: 'must say which read this answers, or `request_hash` in a JSON body' }]);
}

function assertHash(text: string, pointer: string): string {
  if (text.length >= 1 && text.length <= MAX_REQUEST_HASH_LENGTH) return text;
  throw validationError([{ pointer, detail: `must have 1 to ${MAX_REQUEST_HASH_LENGTH} characters` }]);
}
