import { sentenceOf } from '../logger.js';
import type { PluginLogger } from '../logger.js';
import type { ServiceHandle } from './service-plugin.js';

/** Notices handles that nobody holds any more although what they stand for runs: nobody could stop it. */
export class DroppedHandles {
  readonly #watched = new Map<string, object>();
  readonly #registry: FinalizationRegistry<string>;

  constructor(serviceName: string, logger: PluginLogger, end: (id: string) => Promise<void>) {
    this.#registry = new FinalizationRegistry((id) => {
      if (!this.#watched.delete(id)) return;
      logger.warn(`Service ${serviceName}: its handle was dropped while it was running. It is ended.`);
      end(id).catch((error: unknown) => logger.error(sentenceOf(error)));
    });
  }

  watch(handle: ServiceHandle): void {
    const token = {};
    this.#watched.set(handle.id, token);
    this.#registry.register(handle, handle.id, token);
  }

  /** It was ended in the usual way. */
  forget(id: string): void {
    const token = this.#watched.get(id);
    if (token !== undefined) this.#registry.unregister(token);
    this.#watched.delete(id);
  }
}
