import type { DeliveryStatus } from '@joblib/contract';
import { CLOCK } from '@joblib/nestjs';
import type { Clock } from '@joblib/nestjs';

import type { Delivery } from '../../libs/nestjs/src/domain/delivery.js';
import { DeliveryStore, TimeOrderedIds, UnitOfWork } from '../../libs/nestjs/src/persistence/index.js';
import type { JoblibApp } from './joblib-app.js';

/** A delivery of a plugin that some other server has, of a task that is gone, as it stands in the database. */
export async function aStoredDelivery(
  { app }: Pick<JoblibApp, 'app'>,
  { status = 'failed', plugin = 'chat' }: { status?: DeliveryStatus; plugin?: string } = {},
): Promise<Delivery> {
  const [ids, store] = [app.get(TimeOrderedIds), app.get(DeliveryStore)];
  const { id, createdAt } = ids.next();
  const now = app.get<Clock>(CLOCK).now();
  const begun: Delivery = {
    ...{ id, plugin, taskId: ids.next().id, status: 'pending', attempts: 1, createdAt, nextAttemptAt: now },
    ...{ deliveredAt: null, error: null },
  };
  await app.get(UnitOfWork).run(async (transaction) => {
    await store.announcePlugins(transaction, [{ name: plugin, accepts: 'reports' }], now);
    await store.insert(transaction, [begun]);
    if (status === 'delivered') await store.settle(transaction, begun, { kind: 'succeeded', now });
    if (status === 'failed') await store.settle(transaction, begun, { kind: 'failed', error: 'Error: busy', nextAttemptAt: null });
  });
  return begun;
}
