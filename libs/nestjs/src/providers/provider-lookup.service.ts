import { Injectable } from '@nestjs/common';
import { formatFullName } from '@joblib/contract';
import type { FullName } from '@joblib/contract';

import type { Provider } from '../domain/provider.js';
import { ProviderStore, UnitOfWork } from '../persistence/index.js';

type Found = ReadonlyMap<string, Provider>;

/** Names that are remembered at most. */
const MAX_REMEMBERED = 10_000;

/** For so long at most: somebody may have changed the table by hand. */
const LONGEST_MS = 1000;

/**
 * Finds providers by name; all that are asked for in one turn of the event loop are one read of the database. On an embedded database, which
 * only this server writes, what was found is remembered until this server changes some provider, a second at most.
 */
@Injectable()
export class ProviderLookup {
  readonly #wanted = new Map<string, FullName>();
  readonly #remembered = new Map<string, Provider>();
  #rememberedAt = 0;
  #oldestMs = -Infinity;
  #next: Promise<Found> | null = null;

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

  #findAll(): Found | Promise<Found> {
    const wanted = new Map(this.#wanted);
    this.#wanted.clear();
    this.#next = null;
    const { changes } = this.providers;
    this.#forget(changes);
    if ([...wanted.keys()].every((fullName) => this.#remembered.has(fullName))) return this.#remembered;
    return this.unitOfWork.read(async (session) => {
      const found = await this.providers.findByNames(session, [...wanted.values()]);
      if (!session.isRemote && changes === this.providers.changes) this.#remember(found);
      return found;
    });
  }

  #forget(changes: number): void {
    const nowMs = performance.now();
    if (this.#rememberedAt === changes && nowMs - this.#oldestMs <= LONGEST_MS) return;
    this.#remembered.clear();
    this.#rememberedAt = changes;
    this.#oldestMs = nowMs;
  }

  #remember(found: Found): void {
    if (this.#remembered.size + found.size > MAX_REMEMBERED) this.#remembered.clear();
    for (const [fullName, provider] of found) this.#remembered.set(fullName, provider);
  }
}
