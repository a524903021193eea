import { Inject, Injectable } from '@nestjs/common';
import { GLOBAL_ROOM, INTERNAL_ROOM, ProblemError, formatFullName } from '@joblib/contract';
import type { JsonSchema } from '@joblib/contract';

import type { Provider } from '../domain/provider.js';
import type { JsonText } from '../domain/task.js';
import { SchemaChecker } from '../json-schema/index.js';
import { ProviderStore, TimeOrderedIds, UnitOfWork, WorkerStore } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { JOBLIB_SETTINGS } from '../ports/index.js';
import type { Caller, JoblibSettings } from '../ports/index.js';
import { RoomAccess } from '../rooms/index.js';

/** What a worker offers to answer. */
export interface ProviderRegistration {
  readonly caller: Caller;
  readonly roomId: string;
  readonly category: string;
  readonly name: string;
  readonly schema: JsonSchema;
  readonly schemaText: JsonText;
  readonly contentType: string;
  /** `null` makes a new worker. */
  readonly workerId: string | null;
}

export interface RegisteredProvider {
  readonly provider: Provider;
  readonly isNew: boolean;
}

/** Registers providers. A name belongs to its first user for as long as the provider is there. */
@Injectable()
export class RegisterProvider {
  constructor(
    private readonly rooms: RoomAccess,
    private readonly schemas: SchemaChecker,
    private readonly unitOfWork: UnitOfWork,
    private readonly providers: ProviderStore,
    private readonly workers: WorkerStore,
    private readonly ids: TimeOrderedIds,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /**
   * Registers, or updates what is there; either way nothing that was cached before is answered any more.
   * @throws ProblemError `ValidationError` (no JSON Schema), `InvalidRoomId`, `Forbidden` (a reserved room, another user's name), what the
   *   room guard says, `InvalidCategory`, `WorkerNotFound` (unknown or another user's), `DatabaseUnavailable`.
   */
  async register(registration: ProviderRegistration): Promise<RegisteredProvider> {
    await this.#assertAllowed(registration);
    const { caller, workerId: named } = registration;
    return this.unitOfWork.run(async (transaction) => {
      const ownWorkerId = named === null ? null : (await this.workers.getOwn(transaction, named, caller.id)).id;
      for (;;) {
        // Existence before ownership: an unknown worker is told before another user's name. Nothing is written before both are settled.
        const existing = await this.#findOwn(transaction, registration);
        const workerId = ownWorkerId ?? this.ids.next().id;
        const { id, createdAt } = existing ?? this.ids.next();
        const provider = { ...providerOf(registration), id, createdAt, workerId, registrationId: this.ids.next().id };
        if (existing === null && !(await this.providers.insert(transaction, provider))) continue; // another server was faster
        if (existing !== null) await this.providers.update(transaction, provider);
        if (ownWorkerId === null) await this.#insertWorker(transaction, workerId, caller);
        return { provider, isNew: existing === null };
      }
    });
  }

  async #assertAllowed({ caller, roomId, category, schema, schemaText }: ProviderRegistration): Promise<void> {
    await this.schemas.assertValidSchema(schema, schemaText);
    if (roomId === INTERNAL_ROOM)
      throw new ProblemError('Forbidden', `Providers of '${INTERNAL_ROOM}' are registered by the server alone.`);
    if (roomId === GLOBAL_ROOM && !caller.isSuperuser) throw new ProblemError('Forbidden', `Registering in '${roomId}' needs a superuser.`);
    await this.rooms.assertWritable(roomId, caller);
    const allowed = this.settings.allowedProviderCategories;
    if (allowed !== null && !allowed.includes(category)) {
      throw new ProblemError('InvalidCategory', `Provider category '${category}' is not one of those allowed here: ${allowed.join(', ')}.`);
    }
  }

  /** The provider of this name, if there is one. */
  async #findOwn(transaction: Transaction, registration: ProviderRegistration): Promise<Provider | null> {
    const existing = await this.providers.findByName(transaction, registration, 'change');
    const { caller } = registration;
    if (existing === null || existing.userId === caller.id || caller.isSuperuser) return existing;
    throw new ProblemError('Forbidden', `Provider '${formatFullName(existing)}' belongs to somebody else.`);
  }

  async #insertWorker(transaction: Transaction, id: string, caller: Caller): Promise<void> {
    const { createdAt } = this.ids.next();
    await this.workers.insert(transaction, { id, userId: caller.id, createdAt, lastHeartbeat: createdAt });
  }
}

function providerOf({ caller, roomId, category, name, schemaText, contentType }: ProviderRegistration) {
  return { roomId, category, name, schema: schemaText, contentType, userId: caller.id };
}
