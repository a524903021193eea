import { Injectable } from '@nestjs/common';
import type { DeliveryStatus, Page, PageRequest } from '@joblib/contract';

import type { Delivery } from '../domain/delivery.js';
import { toDelivery } from './delivery.store.js';
import { UnitOfWork } from './unit-of-work.js';

/** How far one read walks; what is farther is reached in several, so that no list holds up other requests. */
const STRIDE = 5000;

/** Where a walk came to an end. */
interface Walked {
  readonly steps: number;
  readonly lastId: string | null;
}

/** Pages of deliveries, newest first, and how many there are. */
@Injectable()
export class DeliveryListStore {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** @param status `null` for all. @throws ProblemError `DatabaseUnavailable`. */
  async page(plugin: string, status: DeliveryStatus | null, page: PageRequest): Promise<Page<Delivery>> {
    const total = await this.count(plugin, status);
    if (page.limit === 0 || page.offset >= total) return { items: [], total, ...page };
    const { lastId } = await this.#walk(plugin, status, page.offset);
    const rows = await this.unitOfWork.read((session) =>
      session.all(session.statements.deliveries.list(plugin, status, lastId, page.limit)),
    );
    return { items: rows.map(toDelivery), total, ...page };
  }

  /** @param status `null` for all. @throws ProblemError `DatabaseUnavailable`. */
  async count(plugin: string, status: DeliveryStatus | null): Promise<number> {
    return (await this.#walk(plugin, status, Infinity)).steps;
  }

  /** Of the youngest delivery to the plugin that failed and has not been delivered since; `null` without one. */
  async lastError(plugin: string): Promise<string | null> {
    const row = await this.unitOfWork.read((session) => session.first(session.statements.deliveries.lastError(plugin)));
    return row?.error ?? null;
  }

  /** At most so many steps, or to the end. */
  async #walk(plugin: string, status: DeliveryStatus | null, most: number): Promise<Walked> {
    let walked: Walked = { steps: 0, lastId: null };
    while (walked.steps < most) {
      const { steps, lastId } = walked;
      const stride = Math.min(most - steps, STRIDE);
      const stretch = await this.unitOfWork.read((session) =>
        session.first(session.statements.deliveries.walk(plugin, status, lastId, stride)),
      );
      const length = stretch?.length ?? 0;
      walked = { steps: steps + length, lastId: stretch?.last_id ?? lastId };
      if (length < stride) break;
    }
    return walked;
  }
}
