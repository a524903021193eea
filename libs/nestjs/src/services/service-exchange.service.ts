import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ServiceVerb } from '@joblib/contract';

import { servicesInvalidateEvent } from '../domain/service-events.js';
import { DEAD_AFTER_MS, FORGOTTEN_AFTER_MS, isAlive, isForgotten } from '../domain/service-life.js';
import type { Service } from '../domain/service.js';
import { SERVICES_TOPIC } from '../domain/topics.js';
import { ServiceStore, UnitOfWork } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';
import { OfferTasks } from './offer-tasks.service.js';
import { OwnServices } from './own-services.js';
import { ServiceGates } from './service-gates.service.js';

/** What another server was asked to have done with a service of this one. */
export interface RequestedCall {
  readonly service: Service;
  readonly verb: ServiceVerb;
}

/** News of the services of this server that are not written down yet. */
export interface ServiceNews {
  /** Something changed. */
  readonly isThere: boolean;
  /** Full names of the jobs of what became healthy. */
  readonly offered: ReadonlySet<string>;
}

/** Tells the other servers about the services of this one, and learns about theirs: each time in one transaction. */
@Injectable()
export class ServiceExchange {
  readonly #logger = new Logger('Services');
  #hasBegun = false;
  #isAlone = false;
  /** Others' services whose servers lived when they were looked at last, by server and name. */
  #living: ReadonlySet<string> = new Set();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly services: ServiceStore,
    private readonly own: OwnServices,
    private readonly gates: ServiceGates,
    private readonly tasks: OfferTasks,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** No other server can come to the database. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** @returns what this server is to do now, nobody else. @throws ProblemError `DatabaseUnavailable`; the news are news still then. */
  async exchange(news: ServiceNews): Promise<RequestedCall[]> {
    const { all, calls, isAlone, forgotten } = await this.unitOfWork.run((transaction) => this.#exchange(transaction, news));
    this.#hasBegun = true;
    this.#isAlone = isAlone;
    const now = this.clock.now();
    const others = isAlone ? [] : all.filter((service) => this.#isOther(service));
    this.#living = new Set(others.filter((service) => isAlive(service, now)).map(keyOf));
    this.gates.learn(others);
    if (forgotten.length > 0)
      this.#logger.warn(`Their servers were not heard of for too long, they are forgotten: ${forgotten.join(', ')}.`);
    return calls;
  }

  /** Leaves them as they are now; from now on nobody counts on them. @throws ProblemError `DatabaseUnavailable`. */
  async leave(): Promise<void> {
    if (this.own.isNone) return;
    await this.unitOfWork.run(async (transaction) => {
      const leftAt = this.clock.now();
      await this.services.announce(
        transaction,
        this.own.list().map((service) => ({ ...service, leftAt })),
      );
      tell(transaction);
    });
  }

  async #exchange(transaction: Transaction, news: ServiceNews) {
    const isAlone = !transaction.isRemote;
    const now = this.clock.now();
    if (!this.#hasBegun) await this.#clearAway(transaction, now);
    const all = await this.services.all(transaction);
    await this.#tellOthers(transaction, all, news);
    const calls = await this.#takeCalls(transaction, all);
    const isLost = all.some((service) => service.leftAt === null && this.#living.has(keyOf(service)) && !isAlive(service, now));
    if (isLost) transaction.emitAfterCommit(servicesInvalidateEvent());
    const forgotten = await this.#forget(transaction, all, now);
    return { all: all.filter((service) => !isForgotten(service, now)), calls, isAlone, forgotten };
  }

  /** @returns the names of what is there no more, and was before. */
  async #forget(transaction: Transaction, all: readonly Service[], now: number): Promise<string[]> {
    if (!all.some((service) => this.#isOther(service) && isForgotten(service, now))) return [];
    const forgotten = await this.services.deleteAnnouncedBefore(transaction, now - FORGOTTEN_AFTER_MS);
    if (forgotten.length > 0) tell(transaction);
    return forgotten;
  }

  /** What is left of servers that this one replaces: all there is, or what ran on this machine and is gone. */
  async #clearAway(transaction: Transaction, now: number): Promise<void> {
    if (!transaction.isRemote) return this.services.deleteAllBut(transaction, this.own.serverId);
    const all = await this.services.all(transaction);
    const gone = all.filter((service) => this.#isOther(service) && this.own.isNeighbour(service) && !isAlive(service, now));
    const serverIds = new Set(gone.map(({ serverId }) => serverId));
    if (await this.services.deleteOfServers(transaction, serverIds, now - DEAD_AFTER_MS)) tell(transaction);
  }

  async #tellOthers(transaction: Transaction, all: readonly Service[], { isThere, offered }: ServiceNews): Promise<void> {
    const own = this.own.list();
    if (own.length === 0) return;
    const written = new Set(all.filter(({ serverId }) => serverId === this.own.serverId).map(({ name }) => name));
    if (!isThere && own.every(({ name }) => written.has(name))) {
      await this.services.renew(transaction, this.own.serverId, this.clock.now());
      return;
    }
    await this.services.announce(transaction, own);
    tell(transaction);
    await this.tasks.offer(
      transaction,
      [...offered].filter((fullName) => this.gates.isOpen(fullName)),
    );
  }

  async #takeCalls(transaction: Transaction, all: readonly Service[]): Promise<RequestedCall[]> {
    const calls: RequestedCall[] = [];
    for (const service of all) {
      const { serverId, name, requested: verb } = service;
      if (serverId !== this.own.serverId || verb === null) continue;
      if (await this.services.take(transaction, serverId, name, verb)) calls.push({ service, verb });
    }
    return calls;
  }

  #isOther({ serverId }: Service): boolean {
    return serverId !== this.own.serverId;
  }
}

/** Rooms read their lists again, and servers one another's services. */
function tell(transaction: Transaction): void {
  transaction.emitAfterCommit(servicesInvalidateEvent());
  transaction.notifyAfterCommit(SERVICES_TOPIC);
}

function keyOf({ serverId, name }: Service): string {
  return `${serverId} ${name}`;
}
