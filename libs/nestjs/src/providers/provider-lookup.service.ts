import { Injectable } from '@nestjs/common';
import { formatFullName } from '@joblib/contract';
import type { FullName } from '@joblib/contract';

import type { Provider } from '../domain/provider.js';
import { ProviderStore, UnitOfWork } from '../persistence/index.js';

type Found = Promise<ReadonlyMap<string, Provider>>;

/** Finds providers by name; all that are asked for in one turn of the event loop are one read of the database. */
@Injectable()
export class ProviderLookup {
  readonly #wanted = new Map<string, FullName>();
  #next: Found | null = null;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly providers: ProviderStore,
  ) {}

  /** `null` when there is none. @throws ProblemError `DatabaseUnavailable`. */
  async find(name: FullName): Promise<Provider | null> {
    const fullName = formatFullName(name);
    this.#wanted.set(fullName, name);
    this.#next ??= new Promise(setImmediate).then(() => this.#findAll());
    return (await this.#next).get(fullName) ?? null;
  }

  #findAll(): Found {
    const names = [...this.#wanted.values()];
    this.#wanted.clear();
    this.#next = null;
    return this.unitOfWork.read((session) => this.providers.findByNames(session, names));
  }
}
