import { IsolatedPlugin } from '../isolation/isolated-plugin.js';
import { inspect, typeName } from '../loading/inspect.js';
import { instantiate, registrationFailed } from '../loading/instantiate.js';
import { sourceOf } from '../loading/plugin-source.js';
import type { PluginSource } from '../loading/plugin-source.js';
import type { CheckedOptions } from './plugin-manager-options.js';
import { registered } from './registered-plugin.js';
import type { RegisteredPlugin } from './registered-plugin.js';

/** Turns what is registered into a plugin that can be called. */
export class PluginLoader {
  constructor(private readonly options: CheckedOptions) {}

  /** A string is a reference, everything else an instance. @throws PluginRegistrationError */
  async load(candidate: unknown): Promise<RegisteredPlugin> {
    return typeof candidate === 'string' ? this.fromSource(sourceOf(candidate, this.options.baseUrl)) : this.#ofInstance(candidate);
  }

  /** @throws PluginRegistrationError */
  async fromSource(source: PluginSource, aliases: readonly string[] = []): Promise<RegisteredPlugin> {
    const { isolation, timeLimitMs } = this.options;
    try {
      const candidate = isolation === 'worker' ? await IsolatedPlugin.load(source, this.options) : await instantiate(source);
      return registered(inspect(candidate), source.reference, timeLimitMs, aliases);
    } catch (error) {
      throw registrationFailed(source.reference, error);
    }
  }

  #ofInstance(candidate: unknown): RegisteredPlugin {
    try {
      return registered(inspect(candidate), 'instance', this.options.timeLimitMs);
    } catch (error) {
      throw registrationFailed(typeName(candidate), error);
    }
  }
}
