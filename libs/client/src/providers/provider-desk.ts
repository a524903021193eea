import { DEFAULT_PROVIDER_CONTENT_TYPE } from '@joblib/contract';
import type { ServerEvents } from '@joblib/contract';

import { endsWithin } from '../clock.js';
import type { ClientClock } from '../clock.js';
import { fieldsOnto } from '../extension/fields-onto.js';
import { isRegistrationLost, statusOf } from '../http/errors.js';
import type { JoblibApi, ProviderUpload } from '../http/joblib-api.js';
import type { Retries } from '../http/retries.js';
import { sentenceOf } from '../logger.js';
import type { ClientLogger } from '../logger.js';
import type { ServerContact } from '../worker/server-contact.js';
import type { ProviderClass } from './provider.js';
import { failedUpload, uploadOf } from './read-answer.js';
import { readParams } from './read-params.js';

/** A provider that this worker answers for. */
export interface OwnProvider {
  readonly id: string;
  readonly provider: ProviderClass;
  readonly handler: unknown;
}

type ProviderRequest = ServerEvents['provider_request'];

export interface ProviderDeskOptions {
  readonly clock: ClientClock;
  readonly api: JoblibApi;
  readonly retries: Retries;
  readonly contact: ServerContact;
  readonly logger: ClientLogger;
  readonly providers: ReadonlyMap<string, OwnProvider>;
  /** How long reads may go on after the end was asked for. */
  readonly drainSeconds: number;
  /** Whether what is being read can still be uploaded. */
  readonly isWorthFinishing: () => boolean;
}

interface AnyInstance {
  read(handler: unknown, params: unknown): unknown;
}

/** Answers reads. */
export class ProviderDesk {
  /** Reads that go on, by their hashes. */
  readonly #reading = new WeakMap<OwnProvider, Set<string>>();
  /** Reads until their results are uploaded. */
  readonly #answering = new Set<Promise<void>>();

  constructor(private readonly options: ProviderDeskOptions) {}

  /** Never rejects: a read that fails is answered with why. What is asked again while it is being read is read once. */
  answer(request: ProviderRequest): Promise<void> {
    const answering = this.#answer(request).finally(() => this.#answering.delete(answering));
    this.#answering.add(answering);
    return answering;
  }

  /** Resolves when the reads that go on now are answered, or have taken too long. What is asked meanwhile is not waited for. */
  async drain(): Promise<void> {
    const { clock, drainSeconds, isWorthFinishing } = this.options;
    if (isWorthFinishing()) await endsWithin(clock, drainSeconds * 1000, this.#answering);
  }

  async #answer(request: ProviderRequest): Promise<void> {
    const own = this.options.providers.get(request.provider_name);
    if (own === undefined) {
      this.options.logger.warn(`A read of '${request.provider_name}' came here, where nobody answers it.`);
      return;
    }
    const reading = this.#reading.get(own) ?? new Set<string>();
    this.#reading.set(own, reading);
    if (reading.has(request.request_id)) return;
    reading.add(request.request_id);
    const upload = await this.#read(own, request);
    // Not after the upload: the server may ask anew for what it has got before we know that it has.
    reading.delete(request.request_id);
    const refusal = await this.#upload(own, request, upload);
    if (refusal !== null) await this.#upload(own, request, failedUpload(refusal));
  }

  async #read({ provider, handler }: OwnProvider, { provider_name: name, params }: ProviderRequest): Promise<ProviderUpload> {
    try {
      const checked = await readParams(provider.schema, params);
      const instance = new (provider as unknown as new (params: unknown) => AnyInstance)(checked);
      fieldsOnto(instance, checked);
      return await uploadOf(await instance.read(handler, checked), provider.contentType ?? DEFAULT_PROVIDER_CONTENT_TYPE);
    } catch (error) {
      this.options.logger.error(`A read of '${name}' failed: ${sentenceOf(error)}`);
      return failedUpload(error);
    }
  }

  /** The server's refusal of this very result (it is too large), for the reader to know; `null` otherwise. */
  async #upload(own: OwnProvider, { provider_name: name, request_id: hash }: ProviderRequest, upload: ProviderUpload): Promise<unknown> {
    const { api, retries, contact, logger, providers } = this.options;
    try {
      await retries.some({ label: `Uploading a result of '${name}'`, call: () => api.uploadResult(own.id, hash, upload) });
      contact.succeeded();
      return null;
    } catch (error) {
      const wasReplaced = providers.get(name)?.id !== own.id;
      if (wasReplaced && isRegistrationLost(error)) return null;
      if (statusOf(error) === 413 && !upload.isError) return error;
      if (isRegistrationLost(error)) contact.failed(`Uploading a result of '${name}'`, error);
      else logger.error(`A result of '${name}' could not be uploaded: ${sentenceOf(error)}`);
      return null;
    }
  }
}
