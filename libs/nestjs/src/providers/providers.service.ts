import { Injectable } from '@nestjs/common';
import { INTERNAL_ROOM, ProblemError, formatFullName, roomsListedFor } from '@joblib/contract';
import type { PageRequest } from '@joblib/contract';

import type { Provider } from '../domain/provider.js';
import { asUuid } from '../domain/uuid.js';
import { ProviderStore, UnitOfWork, providerNotFound, visibleProviderName } from '../persistence/index.js';
import type { Session } from '../persistence/index.js';
import type { Caller } from '../ports/index.js';
import { RoomAccess } from '../rooms/index.js';
import { ProviderLookup } from './provider-lookup.service.js';

/** Lists providers, tells about one, lets its owner act on it. */
@Injectable()
export class Providers {
  constructor(
    private readonly rooms: RoomAccess,
    private readonly unitOfWork: UnitOfWork,
    private readonly providers: ProviderStore,
    private readonly lookup: ProviderLookup,
  ) {}

  /** The room's own providers and those visible from every room, newest first. */
  async list(roomId: string, page: PageRequest, caller: Caller): Promise<{ items: readonly Provider[]; total: number }> {
    await this.rooms.assertReadable(roomId, caller);
    return this.unitOfWork.read((session) => this.providers.list(session, roomsListedFor(roomId), page));
  }

  /** @throws ProblemError `ProviderNotFound`, `InvalidRoomId`, what the room's read guard says. */
  async get(roomId: string, fullName: string, caller: Caller): Promise<Provider> {
    await this.rooms.assertReadable(roomId, caller);
    const provider = await this.lookup.find(visibleProviderName(fullName, roomId));
    if (provider === null) throw providerNotFound(fullName, roomId);
    return provider;
  }

  /** The provider of this id, for its owner or a superuser. @throws ProblemError `ProviderNotFound`, `Forbidden`. */
  getOwn(providerId: string, caller: Caller): Promise<Provider> {
    return this.unitOfWork.read((session) => this.#getOwn(session, providerId, caller));
  }

  /** @throws ProblemError `ProviderNotFound`, `Forbidden`. */
  async remove(providerId: string, caller: Caller): Promise<void> {
    await this.unitOfWork.run(async (transaction) => {
      const { id } = await this.#getOwn(transaction, providerId, caller);
      if (!(await this.providers.delete(transaction, id))) throw notFound(providerId);
    });
  }

  async #getOwn(session: Session, providerId: string, caller: Caller): Promise<Provider> {
    const uuid = asUuid(providerId);
    const provider = uuid === null ? null : await this.providers.findById(session, uuid);
    if (provider === null) throw notFound(providerId);
    if (provider.roomId === INTERNAL_ROOM) throw new ProblemError('Forbidden', `'${formatFullName(provider)}' is the server's own.`);
    if (provider.userId !== caller.id && !caller.isSuperuser) {
      throw new ProblemError('Forbidden', `Provider '${formatFullName(provider)}' belongs to somebody else.`);
    }
    return provider;
  }
}

function notFound(providerId: string): ProblemError {
  return new ProblemError('ProviderNotFound', `Provider '${providerId}' is not there.`);
}
