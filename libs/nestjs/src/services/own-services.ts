import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { ServiceVerb } from '@joblib/contract';
import type { ServiceChange, Supervisor } from '@joblib/plugins/services';

import { failureText } from '../domain/delivery-failure.js';
import { isCallable, refusedCall } from '../domain/service-calls.js';
import type { Service } from '../domain/service.js';
import { CLOCK, SUPERVISOR } from '../ports/index.js';
import type { Clock, ServerServices } from '../ports/index.js';

/** The services of this server, as they are at the moment. */
@Injectable()
export class OwnServices {
  /** Another one at each start. */
  readonly serverId = randomUUID();
  readonly #server = `${hostname()}:${process.pid}`;

  constructor(
    @Inject(SUPERVISOR) private readonly supervisor: ServerServices,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Nobody supervises anything here. */
  get isNone(): boolean {
    return this.supervisor === null;
  }

  /** In start order. */
  list(): Service[] {
    const now = this.clock.now();
    return (this.supervisor?.list() ?? []).map(
      ({ name, kind, state, health, restarts, startedAt, lastError, requires, jobs }, position) => ({
        ...{ serverId: this.serverId, name, position, kind, state, health, restarts, requires, jobs, server: this.#server },
        startedAt: startedAt?.getTime() ?? null,
        lastError: lastError === null ? null : failureText(lastError),
        ...{ requested: null, announcedAt: now, leftAt: null },
      }),
    );
  }

  find(name: string): Service | null {
    return this.list().find((service) => service.name === name) ?? null;
  }

  /** Whether this server is on the machine that the other one is, or was, on. */
  isNeighbour({ server }: Service): boolean {
    return server.slice(0, server.lastIndexOf(':')) === hostname();
  }

  /** Called right after each change. @returns the way to stop listening. */
  onChange(listener: (change: ServiceChange) => void): () => void {
    return this.supervisor?.onChange(listener) ?? (() => undefined);
  }

  /**
   * Begins what is asked for: the state has changed when this resolves, and the rest goes on. What comes of it is the supervisor's to log.
   * @returns `null`, or why nothing was begun: a problem `InvalidServiceState`.
   */
  async begin(service: Service, verb: ServiceVerb): Promise<ProblemError | null> {
    const { supervisor } = this;
    const before = this.find(service.name);
    if (supervisor === null || before === null || !isCallable(before.state, verb))
      return refusedCall(before ?? service, verb, this.clock.now());
    const going = call(supervisor, before.name, verb);
    // A start that is aborted stays what it is for a while; anything else that is not refused has changed the state by now.
    if (verb === 'stop' || this.find(before.name)?.state !== before.state) {
      going.catch(() => undefined);
      return null;
    }
    return going.then(
      () => null,
      (cause: unknown) => refusedCall(before, verb, this.clock.now(), `${(cause as Error).message}.`),
    );
  }
}

/** Everything that is refused is refused before the first `await`. */
async function call(supervisor: Supervisor, name: string, verb: ServiceVerb): Promise<void> {
  if (verb === 'reset') supervisor.reset(name);
  else await supervisor[verb](name);
}
