import { Inject, Injectable } from '@nestjs/common';
import { ProblemError, formatFullName, isVisibleFrom, parseFullName } from '@joblib/contract';
import type { FullName, PageRequest } from '@joblib/contract';

import { providersInvalidateEvents } from '../domain/provider-events.js';
import type { Provider } from '../domain/provider.js';
import { providerTopic } from '../domain/topics.js';
import { PROVIDER_ROOM_CLEANUP } from '../ports/index.js';
import type { ProviderRoomCleanup } from '../ports/index.js';
import type { ProviderRow } from './rows.js';
import type { Session, Transaction } from './session.js';
import type { RowLock } from './statements.js';

function toProvider(row: ProviderRow): Provider {
  return {
    id: row.id,
    roomId: row.room_id,
    category: row.category,
    name: row.name,
    schema: row.schema,
    contentType: row.content_type,
    userId: row.user_id,
    workerId: row.worker_id,
    registrationId: row.registration_id,
    createdAt: row.created_at,
  };
}

/** Providers. Whatever changes one tells its room, and those who wait for its answers. */
@Injectable()
export class ProviderStore {
  #changes = 0;

  constructor(@Inject(PROVIDER_ROOM_CLEANUP) private readonly roomCleanup: ProviderRoomCleanup) {}

  /**
   * Goes up with every change of a provider by this server, before and after its commit: what was read while it stayed the same is how
   * it still is, where nobody else writes.
   */
  get changes(): number {
    return this.#changes;
  }

  async findByName(session: Session, name: FullName, lock: RowLock = 'none'): Promise<Provider | null> {
    const row = await session.first(session.statements.providers.findByName(name, lock));
    return row && toProvider(row);
  }

  /** By full name; what is not there has no entry. */
  async findByNames(session: Session, names: readonly FullName[]): Promise<ReadonlyMap<string, Provider>> {
    const rows = await session.all(session.statements.providers.findByNames(names));
    return new Map(rows.map(toProvider).map((provider) => [formatFullName(provider), provider]));
  }

  async findById(session: Session, providerId: string): Promise<Provider | null> {
    const row = await session.first(session.statements.providers.findById(providerId));
    return row && toProvider(row);
  }

  /** @returns whether no other server was faster with a provider of that name. */
  async insert(transaction: Transaction, provider: Provider): Promise<boolean> {
    if ((await transaction.first(transaction.statements.providers.insert(provider))) === null) return false;
    this.#tell(transaction, [provider]);
    return true;
  }

  /** Everything but its id, name and time of creation. */
  async update(transaction: Transaction, provider: Provider): Promise<void> {
    await transaction.all(transaction.statements.providers.update(provider));
    this.#tell(transaction, [provider]);
  }

  /** @returns whether it was there. */
  async delete(transaction: Transaction, providerId: string): Promise<boolean> {
    const gone = await transaction.all(transaction.statements.providers.delete(providerId));
    this.#tellGone(transaction, gone.map(toProvider));
    return gone.length > 0;
  }

  /** Those that a worker answered for. */
  async deleteOfWorker(transaction: Transaction, workerId: string): Promise<void> {
    this.#tellGone(transaction, (await transaction.all(transaction.statements.providers.deleteOfWorker(workerId))).map(toProvider));
  }

  async list(session: Session, roomIds: readonly string[], page: PageRequest): Promise<{ items: Provider[]; total: number }> {
    const total = (await session.first(session.statements.providers.count(roomIds)))?.total ?? 0;
    const rows = page.offset < total && page.limit > 0 ? await session.all(session.statements.providers.list(roomIds, page)) : [];
    return { items: rows.map(toProvider), total };
  }

  #tellGone(transaction: Transaction, providers: readonly Provider[]): void {
    if (providers.length === 0) return;
    this.#tell(transaction, providers);
    const roomIds = [...new Set(providers.map(({ roomId }) => roomId))];
    transaction.runAfterCommit(() => this.roomCleanup.providersRemoved(roomIds));
  }

  #tell(transaction: Transaction, providers: readonly Provider[]): void {
    this.#changes += 1;
    transaction.runAfterCommit(() => {
      this.#changes += 1;
      return Promise.resolve();
    });
    for (const { id, roomId } of providers) {
      transaction.emitAfterCommit(...providersInvalidateEvents(roomId));
      transaction.notifyAfterCommit(providerTopic(id));
    }
  }
}

/**
 * The parts of a provider's full name that a room may see.
 * @throws ProblemError `ProviderNotFound`, also for a name that is none.
 */
export function visibleProviderName(fullName: string, roomId: string): FullName {
  const name = parseFullName(fullName);
  if (name === null) {
    throw new ProblemError('ProviderNotFound', `Invalid provider name format: '${fullName}' is not <room_id>:<category>:<name>.`);
  }
  if (!isVisibleFrom(name.roomId, roomId)) throw providerNotFound(fullName, roomId);
  return name;
}

/** What a room is told of a provider that it cannot see. */
export function providerNotFound(fullName: string, roomId: string): ProblemError {
  return new ProblemError('ProviderNotFound', `Provider '${fullName}' is not there for room '${roomId}'.`);
}
