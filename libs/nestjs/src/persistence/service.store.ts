import { Injectable } from '@nestjs/common';
import { SERVICE_CALLS } from '@joblib/contract';
import type { ServiceVerb } from '@joblib/contract';

import type { Service } from '../domain/service.js';
import type { ServiceRow } from './service-statements.js';
import type { Session, Transaction } from './session.js';

/** What the servers tell one another of their services, and ask of one another. Times are epoch milliseconds. */
@Injectable()
export class ServiceStore {
  /** Those of one server, as they are now; what was asked for, and is not begun, stays. */
  async announce(transaction: Transaction, services: readonly Service[]): Promise<void> {
    if (services.length > 0) await transaction.all(transaction.statements.services.announce(services));
  }

  /** The server lives. */
  async renew(transaction: Transaction, serverId: string, now: number): Promise<void> {
    await transaction.all(transaction.statements.services.renew(serverId, now));
  }

  /** Of all servers, in no order. */
  async all(session: Session): Promise<Service[]> {
    return (await session.all(session.statements.services.all())).map(toService);
  }

  /** The same without those of one server. None where that is the only server there can be, whatever others left there. */
  async ofOthers(session: Session, serverId: string): Promise<Service[]> {
    if (!session.isRemote) return [];
    return (await this.all(session)).filter((service) => service.serverId !== serverId);
  }

  /** @param since when its server must have been heard of last. @returns whether its server will be told: its state allows it, and nobody was faster. */
  async request(transaction: Transaction, { serverId, name }: Service, verb: ServiceVerb, since: number): Promise<boolean> {
    const { services } = transaction.statements;
    return (await transaction.first(services.request({ serverId, name }, verb, SERVICE_CALLS[verb].from, since))) !== null;
  }

  /** @returns whether this is the one who does what was asked for. */
  async take(transaction: Transaction, serverId: string, name: string, verb: ServiceVerb): Promise<boolean> {
    return (await transaction.first(transaction.statements.services.take(serverId, name, verb))) !== null;
  }

  /** Clears away what servers left behind, unless they were heard of at or after `before` and have not left. @returns whether anything went. */
  async deleteOfServers(transaction: Transaction, serverIds: Iterable<string>, before: number): Promise<boolean> {
    const gone = await transaction.all(
      [...serverIds].toSorted().map((serverId) => transaction.statements.services.deleteOfServer(serverId, before)),
    );
    return gone.length > 0;
  }

  /** @returns the names of what was not heard of at or after `before`. */
  async deleteAnnouncedBefore(transaction: Transaction, before: number): Promise<string[]> {
    return (await transaction.all(transaction.statements.services.deleteAnnouncedBefore(before))).map(({ name }) => name);
  }

  /** For the only server there is. */
  async deleteAllBut(transaction: Transaction, serverId: string): Promise<void> {
    await transaction.all(transaction.statements.services.deleteAllBut(serverId));
  }
}

function toService(row: ServiceRow): Service {
  return {
    serverId: row.server_id,
    name: row.name,
    position: row.position,
    kind: row.kind,
    state: row.state,
    health: row.health,
    restarts: row.restarts,
    startedAt: row.started_at,
    lastError: row.last_error,
    requires: JSON.parse(row.requires) as string[],
    jobs: JSON.parse(row.jobs) as string[],
    server: row.server,
    requested: row.requested,
    announcedAt: row.announced_at,
    leftAt: row.left_at,
  };
}
