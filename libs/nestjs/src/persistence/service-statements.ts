import type { ServiceHealth, ServiceState, ServiceVerb } from '@joblib/contract';

import type { Service } from '../domain/service.js';
import type { Statement } from './statement.js';

export interface ServiceRow {
  readonly server_id: string;
  readonly name: string;
  readonly position: number;
  readonly kind: string;
  readonly state: ServiceState;
  readonly health: ServiceHealth;
  readonly restarts: number;
  readonly started_at: number | null;
  readonly last_error: string | null;
  /** JSON lists. */
  readonly requires: string;
  readonly jobs: string;
  readonly server: string;
  readonly requested: ServiceVerb | null;
  readonly announced_at: number;
  readonly left_at: number | null;
}

/** A service by its key. */
export interface ServiceKey {
  readonly server_id: string;
  readonly name: string;
}

/** What the servers know of one another's services. Each writes its own rows; others ask for something, and clear away what is dead. */
export interface ServiceStatements {
  /** Of one server. What is asked for stays. */
  announce(services: readonly Service[]): readonly Statement<never>[];
  /** A sign of life of a server: of all its services. */
  renew(serverId: string, now: number): Statement<never>;
  all(): Statement<ServiceRow>;
  /** Guarded: the server was heard of at or after `since`, is in one of the states, and was asked for nothing yet. */
  request(
    service: Pick<Service, 'serverId' | 'name'>,
    verb: ServiceVerb,
    states: readonly ServiceState[],
    since: number,
  ): Statement<ServiceKey>;
  /** Guarded: it is still what is asked for. */
  take(serverId: string, name: string, verb: ServiceVerb): Statement<ServiceKey>;
  /** Guarded: it was not heard of at or after `before`, or has left. */
  deleteOfServer(serverId: string, before: number): Statement<ServiceKey>;
  deleteAnnouncedBefore(before: number): Statement<ServiceKey>;
  deleteAllBut(serverId: string): Statement<never>;
}
