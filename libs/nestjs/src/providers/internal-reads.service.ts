import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';

import { INTERNAL_REGISTRY, JOBLIB_SETTINGS } from '../ports/index.js';
import type { InternalProvider, InternalRegistry, JoblibSettings } from '../ports/index.js';
import type { ProviderRead } from './provider-read.js';
import { StoreResult, newResult } from './store-result.service.js';
import type { NewResult } from './store-result.service.js';

/** Answers reads of `@internal` providers inside the server. Their results take the same way as everybody's. */
@Injectable()
export class InternalReads implements OnModuleDestroy {
  readonly #logger = new Logger('InternalReads');
  readonly #stop = new AbortController();

  constructor(
    private readonly results: StoreResult,
    @Inject(INTERNAL_REGISTRY) private readonly registry: InternalRegistry,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  onModuleDestroy(): void {
    this.#stop.abort();
  }

  /**
   * Begins to read; the result is stored when it is there.
   * @param onLost called when it could not be stored: nothing more is to be expected.
   * @throws ProblemError `InternalJobNotConfigured` when this server's registry has no such provider.
   */
  start(read: ProviderRead, onLost: () => Promise<void>): void {
    const provider = this.registry.providers?.get(read.providerName);
    if (provider === undefined) {
      throw new ProblemError('InternalJobNotConfigured', `This server has nothing to read '${read.providerName}' with.`);
    }
    void this.#run(provider, read, onLost);
  }

  async #run(provider: InternalProvider, read: ProviderRead, onLost: () => Promise<void>): Promise<void> {
    const result = await this.#resultOf(provider, read);
    try {
      await this.results.store(read.provider, read.requestHash, result);
    } catch (error) {
      this.#logger.error(`A result of '${read.providerName}' could not be stored: ${String(error)}`);
      await onLost();
    }
  }

  async #resultOf(provider: InternalProvider, { providerName, params }: ProviderRead): Promise<NewResult> {
    try {
      const answer = await provider.read({ providerName, params, signal: this.#stop.signal });
      const data = answer instanceof Uint8Array ? answer : Buffer.from(JSON.stringify(answer ?? null));
      const limitBytes = this.settings.providerResultMaxBytes;
      if (data.byteLength > limitBytes) throw new ProblemError('PayloadTooLarge', `The result is larger than ${limitBytes} bytes.`);
      return newResult(data);
    } catch (error) {
      return newResult(Buffer.from(JSON.stringify(documentOf(error))), true);
    }
  }
}

function documentOf(error: unknown): object {
  if (error instanceof ProblemError) return error.toDocument();
  return { status: 500, detail: error instanceof Error ? error.message : String(error) };
}
