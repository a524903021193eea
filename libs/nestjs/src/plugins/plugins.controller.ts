import { Get, HttpCode, Param, Post } from '@nestjs/common';
import type { DeliveryStatus, DeliveryView, Page, PageRequest, PluginView } from '@joblib/contract';

import { CurrentCaller, DeliveryStatusQuery, JoblibController, PageQuery } from '../http/index.js';
import type { Caller } from '../ports/index.js';
import { ReadPlugins } from './read-plugins.service.js';
import { RetryDelivery } from './retry-delivery.service.js';

@JoblibController('/plugins')
export class PluginsController {
  constructor(
    private readonly reads: ReadPlugins,
    private readonly retries: RetryDelivery,
  ) {}

  @Get()
  list(@PageQuery() page: PageRequest): Promise<Page<PluginView>> {
    return this.reads.list(page);
  }

  @Get(':name/deliveries')
  listDeliveries(
    @Param('name') plugin: string,
    @DeliveryStatusQuery() status: DeliveryStatus | undefined,
    @PageQuery() page: PageRequest,
  ): Promise<Page<DeliveryView>> {
    return this.reads.listDeliveries(plugin, status ?? null, page);
  }

  @Post(':name/deliveries/:id/retry')
  @HttpCode(202)
  retry(@Param('name') plugin: string, @Param('id') deliveryId: string, @CurrentCaller() caller: Caller): Promise<DeliveryView> {
    return this.retries.retry(plugin, deliveryId, caller);
  }
}
