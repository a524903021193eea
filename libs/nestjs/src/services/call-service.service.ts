import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { ServiceVerb, ServiceView } from '@joblib/contract';

import { refusedCall } from '../domain/service-calls.js';
import { DEAD_AFTER_MS, isAlive } from '../domain/service-life.js';
import { serviceView } from '../domain/service-view.js';
import type { Service } from '../domain/service.js';
import { SERVICES_TOPIC } from '../domain/topics.js';
import { ServiceStore, UnitOfWork } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Caller, Clock } from '../ports/index.js';
import { OwnServices } from './own-services.js';

/** Other servers' services of one name, by server. */
interface Asked {
  readonly others: readonly Service[];
  /** Those whose servers will be told. */
  readonly asked: readonly Service[];
}

/** Starts, stops, restarts and resets services, whichever servers have them. */
@Injectable()
export class CallService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly services: ServiceStore,
    private readonly own: OwnServices,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Asks every living server that has a service of this name, and whose state allows it. The answer is how it is now; the change goes on.
   * @throws ProblemError `ServiceNotFound`, `Forbidden` (for superusers), `InvalidServiceState` when nobody can do it.
   */
  async call(name: string, verb: ServiceVerb, caller: Caller): Promise<ServiceView> {
    const { others, asked } = await this.unitOfWork.run((transaction) => this.#ask(transaction, name, verb, caller));
    const own = this.own.find(name);
    const refusal = own === null ? this.#refusalOf(others, verb) : await this.own.begin(own, verb);
    if (refusal !== null && asked.length === 0) throw refusal;
    const answered = this.own.find(name) ?? asked[0];
    if (answered === undefined) throw notFound(name);
    return serviceView(answered);
  }

  async #ask(transaction: Transaction, name: string, verb: ServiceVerb, caller: Caller): Promise<Asked> {
    const others = await this.#named(transaction, name);
    if (others.length === 0 && this.own.find(name) === null) throw notFound(name);
    if (!caller.isSuperuser) throw new ProblemError('Forbidden', `A ${verb} of a service needs a superuser.`);
    const asked: Service[] = [];
    const since = this.clock.now() - DEAD_AFTER_MS;
    for (const service of others) if (await this.services.request(transaction, service, verb, since)) asked.push(service);
    if (asked.length > 0) transaction.notifyAfterCommit(SERVICES_TOPIC);
    return { others, asked };
  }

  /** In one order everywhere: of two who ask for the same, one waits for the other. */
  async #named(transaction: Transaction, name: string): Promise<Service[]> {
    const others = await this.services.ofOthers(transaction, this.own.serverId);
    return others.filter((service) => service.name === name).sort((left, right) => (left.serverId < right.serverId ? -1 : 1));
  }

  #refusalOf(others: readonly Service[], verb: ServiceVerb): ProblemError | null {
    const now = this.clock.now();
    const told = others.find((service) => isAlive(service, now)) ?? others[0];
    return told === undefined ? null : refusedCall(told, verb, now);
  }
}

function notFound(name: string): ProblemError {
  return new ProblemError('ServiceNotFound', `Service '${name}' is not there.`);
}
