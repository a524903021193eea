import { pathToFileURL } from 'node:url';

import { typeName } from '../loading/inspect.js';
import { CONSOLE_LOGGER } from '../logger.js';
import type { PluginLogger } from '../logger.js';
import type { AnyPostProcessor, PluginConfig } from '../post-processor.js';

/** What each plugin is told, by its name. */
export type PluginConfigMap = Readonly<Record<string, PluginConfig>>;

export interface PluginManagerOptions {
  /** The console when absent. */
  readonly logger?: PluginLogger;
  /** A `file:` address from where packages and relative paths are found; a folder ends in `/`. The working folder when absent. */
  readonly baseUrl?: string | URL;
  /** Whether the packages that the application depends on are looked through for plugins. On when absent. */
  readonly discover?: boolean;
  readonly config?: PluginConfigMap;
  /** For each call of a plugin. 60 000 when absent. */
  readonly timeLimitMs?: number;
  /** `worker`: each plugin that is registered by a string gets a thread, which is ended at the limit. `none` when absent. */
  readonly isolation?: 'none' | 'worker';
  /** What such a thread may take. 128 when absent. */
  readonly memoryMb?: number;
  /** Plugins that are there from the start, beside `audit`: what `builtInPlugins` makes. */
  readonly builtIn?: readonly AnyPostProcessor[];
  /** Whether `processAll` rejects, in the end, when a plugin failed. Off when absent. */
  readonly failOnPluginError?: boolean;
}

export interface CheckedOptions {
  readonly logger: PluginLogger;
  readonly baseUrl: string;
  readonly discover: boolean;
  readonly config: PluginConfigMap;
  readonly timeLimitMs: number;
  readonly isolation: 'none' | 'worker';
  readonly memoryMb: number;
  readonly builtIn: readonly AnyPostProcessor[];
  readonly failOnPluginError: boolean;
}

/** The longest time that a timer can wait for. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** @throws TypeError, RangeError which name the option. */
export function checkOptions(options: PluginManagerOptions): CheckedOptions {
  const { isolation = 'none', config = {} } = options;
  assertConfigMap(config);
  if (!['none', 'worker'].includes(isolation)) throw new TypeError(`isolation must be 'none' or 'worker', got '${isolation}'.`);
  return {
    logger: options.logger ?? CONSOLE_LOGGER,
    baseUrl: fileUrl(options.baseUrl ?? pathToFileURL(`${process.cwd()}/`)),
    discover: options.discover ?? true,
    config,
    timeLimitMs: positive('timeLimitMs', options.timeLimitMs ?? 60_000),
    isolation,
    memoryMb: positive('memoryMb', options.memoryMb ?? 128),
    builtIn: options.builtIn ?? [],
    failOnPluginError: options.failOnPluginError ?? false,
  };
}

/** What a plugin is told is the plugin's own affair: a bad value there is one plugin's failure. @throws TypeError when it is no map. */
export function assertConfigMap(config: unknown): asserts config is PluginConfigMap {
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return;
  throw new TypeError(`config must be an object with a key for each plugin, got ${typeName(config)}.`);
}

function fileUrl(baseUrl: string | URL): string {
  const { protocol, href } = new URL(baseUrl);
  if (protocol !== 'file:') throw new TypeError(`baseUrl must be a file: address, got '${href}'.`);
  return href;
}

function positive(name: string, value: number): number {
  if (value > 0 && value <= MAX_TIMER_MS) return value;
  throw new RangeError(`${name} must be a number from 1 to ${MAX_TIMER_MS}, got ${value}.`);
}
