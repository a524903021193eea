import { Inject, Injectable } from '@nestjs/common';
import { INTERNAL_ROOM, formatFullName, nameDefect, parseFullName } from '@joblib/contract';
import type { FullName } from '@joblib/contract';

import { isSameJson } from '../domain/canonical-json.js';
import { jobsInvalidateEvents } from '../domain/job-events.js';
import type { JsonText } from '../domain/task.js';
import { JobStore, TimeOrderedIds, UnitOfWork, WorkerStore } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { INTERNAL_REGISTRY } from '../ports/index.js';
import type { InternalRegistry } from '../ports/index.js';

/** Makes the registry's jobs known to everybody, with this server as one of their workers. */
@Injectable()
export class InternalJobs {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobStore,
    private readonly workers: WorkerStore,
    private readonly ids: TimeOrderedIds,
    @Inject(INTERNAL_REGISTRY) private readonly registry: InternalRegistry,
  ) {}

  /** @throws Error when the registry names something that is no `@internal:category:name`. */
  assertNames(): void {
    for (const text of this.registry.jobs.keys()) internalName(text);
  }

  /** Registers every job, with its present schema, and a new worker of `userId` that serves them all. @returns the worker's id. */
  register(userId: string): Promise<string> {
    return this.unitOfWork.run(async (transaction) => {
      const { id, createdAt } = this.ids.next();
      await this.workers.insert(transaction, { id, userId, createdAt, lastHeartbeat: createdAt });
      for (const [text, { schema = {} }] of this.registry.jobs) {
        await this.jobs.link(transaction, id, await this.#save(transaction, internalName(text), JSON.stringify(schema)));
      }
      transaction.emitAfterCommit(...jobsInvalidateEvents(INTERNAL_ROOM));
      return id;
    });
  }

  /** The server's own word counts: a changed schema replaces the stored one. */
  async #save(transaction: Transaction, name: FullName, schema: JsonText): Promise<string> {
    const job = { ...this.ids.next(), ...name, schema, deletedAt: null };
    let existing = await this.jobs.findByName(transaction, name, 'change');
    if (existing === null && (await this.jobs.insert(transaction, job))) return job.id;
    existing ??= await this.jobs.findByName(transaction, name, 'change');
    if (existing === null) throw new Error(`Job '${formatFullName(name)}' vanished while it was registered.`);
    if (existing.deletedAt !== null || !isSameJson(existing.schema, schema)) await this.jobs.revive(transaction, existing.id, schema);
    return existing.id;
  }
}

function internalName(text: string): FullName {
  const name = parseFullName(text);
  if (name?.roomId === INTERNAL_ROOM && nameDefect(name.name) === null) return name;
  throw new Error(`The internal registry has a job '${text}'; a name there is @internal:<category>:<name>.`);
}
