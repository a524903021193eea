import type { Accepts, PluginConfig } from '../../post-processor.js';
import type { ConfigReader } from './config-reader.js';

/** What every built-in plugin but `audit` may be told. */
export interface CommonSettings {
  readonly accepts: Accepts;
}

/** The settings of a built-in plugin: those it was made with, until its manager has others for it. */
export class PluginSettings<Settings extends CommonSettings> {
  /** Known when the plugin is registered, and the same as long as it is. */
  readonly accepts: Accepts;
  #current: Settings;

  /** @throws TypeError what `read` throws. */
  constructor(
    private readonly read: (config: PluginConfig) => Settings,
    config: PluginConfig,
  ) {
    this.#current = read(config);
    this.accepts = this.#current.accepts;
  }

  get current(): Settings {
    return this.#current;
  }

  /** A manager that knows nothing for the plugin says `{}`: then all stays as it is. @throws TypeError, and all stays as it is. */
  update(config: PluginConfig): void {
    if (Object.keys(config).length === 0) return;
    const next = this.read(config);
    if (next.accepts !== this.accepts) {
      throw new TypeError(`accepts cannot become '${next.accepts}' while the plugin is registered; register it anew`);
    }
    this.#current = next;
  }
}

export function readAccepts(reader: ConfigReader<'accepts'>): Accepts {
  return reader.choiceOr('accepts', ['reports', 'tasks'], 'reports');
}
