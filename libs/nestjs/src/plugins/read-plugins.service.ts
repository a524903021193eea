import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { DeliveryStatus, DeliveryView, Page, PageRequest, PluginView } from '@joblib/contract';
import type { PluginDescription } from '@joblib/plugins';

import { deliveryView } from '../domain/delivery-view.js';
import { DeliveryListStore, DeliveryStore, UnitOfWork } from '../persistence/index.js';
import { PLUGIN_MANAGER } from '../ports/index.js';
import type { ServerPlugins } from '../ports/index.js';

/** Which plugins there are, and what they were given. */
@Injectable()
export class ReadPlugins {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly deliveries: DeliveryStore,
    private readonly lists: DeliveryListStore,
    @Inject(PLUGIN_MANAGER) private readonly manager: ServerPlugins,
  ) {}

  /** Those of this server, in the order of their registration; their deliveries are those of all servers. */
  async list({ limit, offset }: PageRequest): Promise<Page<PluginView>> {
    const plugins = this.manager?.describePlugins() ?? [];
    const items = await Promise.all(plugins.slice(offset, offset + limit).map((plugin) => this.#view(plugin)));
    return { items, total: plugins.length, limit, offset };
  }

  /** Newest first. @param status `null` for all. @throws ProblemError `PluginNotFound` when no server has, or had, this plugin. */
  async listDeliveries(plugin: string, status: DeliveryStatus | null, page: PageRequest): Promise<Page<DeliveryView>> {
    if (!(await this.#isKnown(plugin))) throw new ProblemError('PluginNotFound', `Plugin '${plugin}' is not there.`);
    const { items, ...rest } = await this.lists.page(plugin, status, page);
    return { items: items.map(deliveryView), ...rest };
  }

  /** One of this server may be younger than what it told the others. */
  async #isKnown(plugin: string): Promise<boolean> {
    if (this.manager?.pluginExists(plugin) === true) return true;
    return this.unitOfWork.read((session) => this.deliveries.isKnownPlugin(session, plugin));
  }

  async #view({ metadata, source }: PluginDescription): Promise<PluginView> {
    const { name, version, author, description, capabilities } = metadata;
    const [pending, delivered, failed, lastError] = await Promise.all([
      this.lists.count(name, 'pending'),
      this.lists.count(name, 'delivered'),
      this.lists.count(name, 'failed'),
      this.lists.lastError(name),
    ]);
    const deliveries = { pending, delivered, failed };
    return { name, version, author, description, capabilities: [...capabilities], source, deliveries, last_error: lastError };
  }
}
