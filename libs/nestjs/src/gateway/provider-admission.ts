import { Inject, Injectable } from '@nestjs/common';
import { ProblemError, categoryDefect, nameDefect, parseFullName, roomIdDefect } from '@joblib/contract';
import type { FullName } from '@joblib/contract';

import { asUuid } from '../domain/uuid.js';
import { ProviderStore, UnitOfWork, WorkerStore } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Caller, Clock } from '../ports/index.js';
import type { Admitted } from './joining-socket.js';
import { clipped } from './socket-answers.js';

/** Who may stand in the socket room of a provider: the worker that answers for it. */
@Injectable()
export class ProviderAdmission {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly providers: ProviderStore,
    private readonly workers: WorkerStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Joining is a sign of life, stored together with the check.
   * @throws ProblemError `ProviderNotFound`, `WorkerNotFound`, `Forbidden`, `DatabaseUnavailable`.
   */
  admit(caller: Caller, providerName: string, workerIdText: string): Promise<Admitted> {
    return this.unitOfWork.run(async (transaction) => {
      const ownerId = await this.#getOwnerId(transaction, providerName);
      const uuid = asUuid(workerIdText);
      const worker = uuid === null ? null : await this.workers.findById(transaction, uuid, 'keep');
      if (worker === null) throw new ProblemError('WorkerNotFound', `Worker '${clipped(workerIdText)}' is not there.`);
      if (worker.userId !== caller.id) throw new ProblemError('Forbidden', `Worker '${worker.id}' belongs to somebody else.`);
      if (worker.id !== ownerId) throw new ProblemError('Forbidden', `Worker '${worker.id}' does not answer for '${providerName}'.`);
      const joinedAt = this.clock.now();
      await this.workers.markSeen(transaction, worker.id, joinedAt);
      return { workerId: worker.id, joinedAt };
    });
  }

  /** The worker of a provider. */
  async #getOwnerId(transaction: Transaction, providerName: string): Promise<string | null> {
    const name = wellFormed(providerName);
    const provider = name && (await this.providers.findByName(transaction, name));
    if (provider === null) throw new ProblemError('ProviderNotFound', `Provider '${clipped(providerName)}' is not there.`);
    return provider.workerId;
  }
}

function wellFormed(text: string): FullName | null {
  const name = parseFullName(text);
  if (name === null) return null;
  const defect = roomIdDefect(name.roomId) ?? categoryDefect(name.category) ?? nameDefect(name.name);
  return defect === null ? name : null;
}
