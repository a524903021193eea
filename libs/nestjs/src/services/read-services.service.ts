import { Inject, Injectable } from '@nestjs/common';
import type { Page, PageRequest, ServiceView } from '@joblib/contract';

import { asItIs, compareServices } from '../domain/service-life.js';
import { serviceView } from '../domain/service-view.js';
import { ServiceStore, UnitOfWork } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Clock } from '../ports/index.js';
import { OwnServices } from './own-services.js';

/** Which services there are, and how they are. */
@Injectable()
export class ReadServices {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly services: ServiceStore,
    private readonly own: OwnServices,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Those of all servers, in start order: this one's as they are, others' as they were last told. */
  async list({ limit, offset }: PageRequest): Promise<Page<ServiceView>> {
    const others = await this.unitOfWork.read((session) => this.services.ofOthers(session, this.own.serverId));
    const now = this.clock.now();
    const all = [...this.own.list(), ...others.map((service) => asItIs(service, now))].sort(compareServices);
    return { items: all.slice(offset, offset + limit).map(serviceView), total: all.length, limit, offset };
  }
}
