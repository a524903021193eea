import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { DeliveryView } from '@joblib/contract';

import { deliveryView } from '../domain/delivery-view.js';
import { pluginsInvalidateEvent } from '../domain/plugin-events.js';
import { OUTBOX_TOPIC } from '../domain/topics.js';
import { asUuid } from '../domain/uuid.js';
import { DeliveryStore, UnitOfWork } from '../persistence/index.js';
import { CLOCK } from '../ports/index.js';
import type { Caller, Clock } from '../ports/index.js';

/** Begins deliveries anew that have failed for good. */
@Injectable()
export class RetryDelivery {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly deliveries: DeliveryStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * It is due at once, on any server that has the plugin, and has all its attempts again.
   * @throws ProblemError `DeliveryNotFound`, `Forbidden` (for superusers), `DeliveryNotFailed`.
   */
  retry(plugin: string, deliveryId: string, caller: Caller): Promise<DeliveryView> {
    return this.unitOfWork.run(async (transaction) => {
      const uuid = asUuid(deliveryId);
      const found = uuid === null ? null : await this.deliveries.find(transaction, plugin, uuid);
      if (found === null) throw new ProblemError('DeliveryNotFound', `Plugin '${plugin}' has no delivery '${deliveryId}'.`);
      if (!caller.isSuperuser) throw new ProblemError('Forbidden', 'Retrying a delivery needs a superuser.');
      const retried = await this.deliveries.retry(transaction, plugin, found.id, this.clock.now());
      if (retried === null) throw new ProblemError('DeliveryNotFailed', `Delivery '${found.id}' is ${found.status}.`);
      transaction.emitAfterCommit(pluginsInvalidateEvent());
      transaction.notifyAfterCommit(OUTBOX_TOPIC);
      return deliveryView(retried);
    });
  }
}
