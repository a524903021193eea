import { Inject, Injectable } from '@nestjs/common';

import { DeliveryStore } from '../persistence/index.js';
import type { Transaction } from '../persistence/index.js';
import { JOBLIB_SETTINGS } from '../ports/index.js';
import type { JoblibSettings } from '../ports/index.js';

/** Deletes deliveries that reached their plugin once they have outlived their keep. */
@Injectable()
export class DeliveryRetention {
  constructor(
    private readonly deliveries: DeliveryStore,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
  ) {}

  /** @returns how many went, at most `limit`; none when deliveries are kept for ever. */
  async deleteExpired(transaction: Transaction, now: number, limit: number): Promise<number> {
    const { deliveryRetentionSeconds } = this.settings;
    if (deliveryRetentionSeconds === 0) return 0;
    return this.deliveries.deleteDeliveredBefore(transaction, now - deliveryRetentionSeconds * 1000, limit);
  }
}
