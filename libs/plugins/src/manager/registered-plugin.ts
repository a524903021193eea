import type { InspectedPlugin } from '../loading/inspect.js';
import type { Accepts, AnyPostProcessor } from '../post-processor.js';
import type { PluginMetadata } from '../plugin-metadata.js';
import type { PluginConfigMap } from './plugin-manager-options.js';
import { PluginCalls } from './plugin-calls.js';

/** A plugin in the registry of a manager. */
export interface RegisteredPlugin {
  readonly name: string;
  readonly plugin: AnyPostProcessor;
  readonly metadata: PluginMetadata;
  readonly accepts: Accepts;
  /** `built-in`, `instance`, or where its class was found. */
  readonly source: string;
  /** Other keys that its configuration may have. */
  readonly aliases: readonly string[];
  readonly calls: PluginCalls;
}

export function registered(
  { plugin, metadata, accepts }: InspectedPlugin,
  source: string,
  timeLimitMs: number,
  aliases: readonly string[] = [],
): RegisteredPlugin {
  const { name } = metadata;
  return { name, plugin, metadata, accepts, source, aliases, calls: new PluginCalls(name, plugin, timeLimitMs) };
}

/** Where the configuration of the plugin is: under its name, else under an alias; `undefined` when there is none. */
export function configKeyOf({ name, aliases }: Pick<RegisteredPlugin, 'name' | 'aliases'>, config: PluginConfigMap): string | undefined {
  return [name, ...aliases].find((key) => Object.hasOwn(config, key));
}

/** What the plugin is told; `{}` when nothing is said. */
export function configOf(plugin: RegisteredPlugin, config: PluginConfigMap): unknown {
  const key = configKeyOf(plugin, config);
  return key === undefined ? {} : config[key];
}
