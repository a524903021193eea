import { FakeClock } from '@joblib/nestjs/testing';
import type { Page, ProblemDocument, ServiceVerb, ServiceView } from '@joblib/contract';
import type { Supervisor } from '@joblib/plugins/services';

import type { Service } from '../../../libs/nestjs/src/domain/service.js';
import { ServiceStore, UnitOfWork } from '../../../libs/nestjs/src/persistence/index.js';
import { ServiceRounds } from '../../../libs/nestjs/src/services/index.js';
import { FakeServices } from '../../support/fake-services.js';
import type { FakeDefinition } from '../../support/fake-services.js';
import { startJoblib } from '../../support/joblib-app.js';
import type { JoblibApp, JoblibAppOptions } from '../../support/joblib-app.js';
import { JoblibUser } from '../../support/joblib-user.js';
import type { Answer } from '../../support/joblib-user.js';
import { lastingDatabase } from '../../support/test-database.js';

export const JOB = '@global:modifiers:Rotate';

/** A service that the job needs. */
export const GATE: FakeDefinition = { jobs: [JOB] };

/** Servers with services, and what they use, until the end of a test. */
export class ServiceStage {
  readonly #closers: (() => Promise<unknown>)[] = [];

  /** @param definitions by name; `null`: a server without a supervisor. */
  async server(definitions: Readonly<Record<string, FakeDefinition>> | null, options: JoblibAppOptions = {}): Promise<ServiceServer> {
    const fakes = new FakeServices(definitions ?? {});
    return this.withSupervisor(definitions === null ? null : fakes.supervisor, fakes, options);
  }

  async withSupervisor(supervisor: Supervisor | null, fakes: FakeServices, options: JoblibAppOptions = {}): Promise<ServiceServer> {
    const server = await startJoblib({ ...options, ...(supervisor && { services: supervisor }) });
    this.#closers.push(() => server.close());
    return new ServiceServer(server, fakes);
  }

  /** For servers that come one after the other, or at once, under one clock. */
  async database(): Promise<JoblibAppOptions & { readonly clock: FakeClock }> {
    const database = await lastingDatabase();
    this.#closers.push(() => database.remove());
    return { database, clock: new FakeClock() };
  }

  /** Ends all that was begun, the last first. */
  async clear(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** One server with its services, and somebody who does everything. */
export class ServiceServer {
  readonly root: JoblibUser;

  constructor(
    readonly server: JoblibApp,
    readonly fakes: FakeServices,
  ) {
    this.root = new JoblibUser(server.origin, 'root');
  }

  /** What changed is written, and what other servers told and asked is known. */
  async look(): Promise<void> {
    await this.server.app.get(ServiceRounds).look();
  }

  /** All that comes of what was asked for without time passing. */
  async settled(): Promise<void> {
    await this.fakes.clock.advance(0);
    await this.look();
  }

  async start(name: string): Promise<void> {
    const started = this.fakes.supervisor.start(name);
    await this.fakes.clock.advance(0);
    await started;
    await this.look();
  }

  services(query = ''): Promise<Answer<Page<ServiceView>>> {
    return this.root.call('GET', `/services${query}`);
  }

  async service(name: string): Promise<ServiceView | undefined> {
    return (await this.services()).body.items.find((service) => service.name === name);
  }

  ask<Body = ServiceView & ProblemDocument>(name: string, verb: ServiceVerb, by = this.root): Promise<Answer<Body>> {
    return by.call('POST', `/services/${encodeURIComponent(name)}/${verb}`);
  }

  /** As they are stored, by position. */
  async rows(): Promise<Service[]> {
    const rows = await this.server.app.get(UnitOfWork).read((session) => this.server.app.get(ServiceStore).all(session));
    return rows.sort((left, right) => left.position - right.position);
  }

  /** How often rooms were told, and which. */
  get invalidations(): readonly string[] {
    return this.server.events.events.filter(({ name }) => name === 'services_invalidate').map(({ room }) => room);
  }
}
