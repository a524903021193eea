import { Inject, Injectable } from '@nestjs/common';

import { PLUGINS_TOPIC } from '../domain/topics.js';
import { DeliveryStore, Outbox, UnitOfWork } from '../persistence/index.js';
import { CLOCK, PLUGIN_MANAGER } from '../ports/index.js';
import type { Clock, ServerPlugins } from '../ports/index.js';

/** A plugin that no server has announced for so long is waited for no more. */
export const FORGOTTEN_AFTER_MS = 7 * 24 * 3600 * 1000;

/** Tells the other servers which plugins this one has, and keeps in mind what all of them accept. */
@Injectable()
export class PluginAudience {
  #announced = '';
  #isAlone = false;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly deliveries: DeliveryStore,
    private readonly outbox: Outbox,
    @Inject(PLUGIN_MANAGER) private readonly manager: ServerPlugins,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** No other server can come to the database: what this one has is all there is. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** The first time: while it cannot be known who waits, all is put out. @throws ProblemError `DatabaseUnavailable`. */
  async learn(): Promise<void> {
    this.outbox.expect(['tasks']);
    await this.refresh();
  }

  /** @throws ProblemError `DatabaseUnavailable`; then what was known stays. */
  async refresh(): Promise<void> {
    await this.#announce();
    const since = this.clock.now() - FORGOTTEN_AFTER_MS;
    const plugins = await this.unitOfWork.read((session) => {
      this.#isAlone = !session.isRemote;
      return this.deliveries.pluginsSince(session, since);
    });
    this.outbox.expect(plugins.map(({ accepts }) => accepts));
  }

  async #announce(): Promise<void> {
    const plugins = (this.manager?.describePlugins() ?? []).map(({ metadata: { name }, accepts }) => ({ name, accepts }));
    if (plugins.length === 0) return;
    const announcing = JSON.stringify(plugins);
    await this.unitOfWork.run(async (transaction) => {
      await this.deliveries.announcePlugins(transaction, plugins, this.clock.now());
      if (announcing !== this.#announced) transaction.notifyAfterCommit(PLUGINS_TOPIC);
    });
    this.#announced = announcing;
  }
}
