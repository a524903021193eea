import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import {
  DEFAULT_PROVIDER_CONTENT_TYPE,
  INTERNAL_ROOM,
  categoryDefect,
  contentTypeDefect,
  nameDefect,
  parseFullName,
} from '@joblib/contract';
import type { FullName } from '@joblib/contract';

import { isSameJson } from '../domain/canonical-json.js';
import type { Provider } from '../domain/provider.js';
import { ProviderStore, TimeOrderedIds, UnitOfWork } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { INTERNAL_REGISTRY } from '../ports/index.js';
import type { InternalProvider, InternalRegistry } from '../ports/index.js';

/** Owner of what belongs to no user: nobody can have this id, since nothing can be done over HTTP to what is `@internal`. */
const SERVER_USER_ID = '@server';

/** Makes the registry's providers known to everybody. Any number of servers may have the same ones. */
@Injectable()
export class InternalProviders implements OnApplicationBootstrap {
  readonly #logger = new Logger('InternalProviders');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly providers: ProviderStore,
    private readonly ids: TimeOrderedIds,
    @Inject(INTERNAL_REGISTRY) private readonly registry: InternalRegistry,
  ) {}

  /** @throws Error when the registry has a name or a content type that is none. */
  async onApplicationBootstrap(): Promise<void> {
    const entries = [...(this.registry.providers ?? [])].map(([text, provider]) => [internalName(text, provider), provider] as const);
    for (const [name, provider] of entries) {
      try {
        await this.#register(name, provider);
      } catch (error) {
        this.#logger.error(`Provider '@internal:${name.category}:${name.name}' is registered when it is first read: ${String(error)}`);
      }
    }
  }

  /** For one that could not be registered at the start; `null` when this server has no such provider. */
  async registerLate(fullName: string): Promise<Provider | null> {
    const provider = this.registry.providers?.get(fullName);
    return provider === undefined ? null : this.#register(internalName(fullName, provider), provider);
  }

  /** The server's own word counts: what changed replaces what is stored. */
  #register(name: FullName, { schema = {}, contentType = DEFAULT_PROVIDER_CONTENT_TYPE }: InternalProvider): Promise<Provider> {
    return this.unitOfWork.run(async (transaction) => {
      const { id, createdAt } = this.ids.next();
      const fresh: Provider = {
        ...name,
        id,
        createdAt,
        registrationId: this.ids.next().id,
        schema: JSON.stringify(schema),
        contentType,
        userId: SERVER_USER_ID,
        workerId: null,
      };
      return this.#save(transaction, fresh);
    });
  }

  async #save(transaction: Transaction, fresh: Provider): Promise<Provider> {
    for (;;) {
      const existing = await this.providers.findByName(transaction, fresh, 'change');
      if (existing === null) {
        if (await this.providers.insert(transaction, fresh)) return fresh;
        // Another server was faster; the next look finds what it registered.
        continue;
      }
      if (existing.contentType === fresh.contentType && isSameJson(existing.schema, fresh.schema)) return existing;
      const updated = { ...fresh, id: existing.id, createdAt: existing.createdAt };
      await this.providers.update(transaction, updated);
      return updated;
    }
  }
}

function internalName(text: string, { contentType = DEFAULT_PROVIDER_CONTENT_TYPE }: InternalProvider): FullName {
  const name = parseFullName(text);
  if (name?.roomId !== INTERNAL_ROOM || (categoryDefect(name.category) ?? nameDefect(name.name)) !== null) {
    throw new Error(`The internal registry has a provider '${text}'; a name there is @internal:<category>:<name>.`);
  }
  const defect = contentTypeDefect(contentType);
  if (defect !== null) throw new Error(`The content type '${contentType}' of '${text}' ${defect}.`);
  return name;
}
