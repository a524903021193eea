import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ServiceConfigError, parseServices } from '@joblib/plugins/services';
import type { ResourceLimits, ServiceConfig } from '@joblib/plugins/services';
import { parse } from 'yaml';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';
import { FileValues } from './joblib-file-values.js';
import { fillPluginConfig } from './plugin-config-values.js';

/** Read when `JOBLIB_CONFIG` names no other. */
const USUAL_NAME = 'joblib.yaml';

/** Keys of the file. */
export const JOBLIB_FILE_KEYS = [
  'plugins',
  'plugin_config',
  'discover_plugins',
  'plugin_isolation',
  'plugin_time_limit_seconds',
  'plugin_memory_mb',
  'fail_on_plugin_error',
  'resource_limits',
  'services',
] as const;

/** What the services of the file take. */
const RESOURCES = ['process', 'container', 'port'] as const;

/** What a service is extended by. */
export interface JoblibFile {
  /** What refusals call it. */
  readonly name: string;
  /** Where relative references are from: the `file:` address of its folder. */
  readonly baseUrl: string;
  /** References: `./slack.mjs#SlackPlugin`. */
  readonly plugins: readonly string[];
  /** By name. Built-in plugins check theirs at the start; to others it is told as it is. */
  readonly pluginConfig: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly discoverPlugins: boolean;
  readonly pluginIsolation: 'none' | 'worker';
  readonly pluginTimeLimitSeconds: number;
  readonly pluginMemoryMb: number;
  readonly failOnPluginError: boolean;
  /** What this server starts and keeps running, in start order. */
  readonly services: readonly ServiceConfig[];
  readonly resourceLimits: ResourceLimits;
}

/**
 * @param named the value of `JOBLIB_CONFIG`; `null`: the usual file is read if it is there.
 * @param folder of the process.
 * @param environment where `${NAME}` in `plugin_config` is looked up.
 * @throws ConfigError which names the file and the key.
 */
export function readJoblibFile(named: string | null, folder: string, environment: Environment): JoblibFile {
  const path = resolve(folder, named ?? USUAL_NAME);
  const name = named ?? basename(path);
  const values = new FileValues(name, parseYaml(readText(path, named), name), JOBLIB_FILE_KEYS);
  return {
    name,
    baseUrl: pathToFileURL(`${dirname(path)}/`).href,
    plugins: values.texts('plugins'),
    pluginConfig: fillPluginConfig(values.objects('plugin_config'), { name, folder: dirname(path), environment }),
    discoverPlugins: values.flag('discover_plugins', true),
    pluginIsolation: values.choice('plugin_isolation', ['none', 'worker'], 'none'),
    pluginTimeLimitSeconds: values.number('plugin_time_limit_seconds', 60, 0.001, 86_400),
    pluginMemoryMb: values.number('plugin_memory_mb', 128, 1, 1_048_576),
    failOnPluginError: values.flag('fail_on_plugin_error', false),
    services: servicesOf(values, dirname(path)),
    resourceLimits: values.counts('resource_limits', RESOURCES),
  };
}

function servicesOf(values: FileValues<(typeof JOBLIB_FILE_KEYS)[number]>, folder: string): readonly ServiceConfig[] {
  try {
    return parseServices(values.raw('services'), folder);
  } catch (error) {
    if (!(error instanceof ServiceConfigError)) throw error;
    // In one line, whatever a name is made of.
    const sentence = error.message.replaceAll(/\s+/g, ' ').replace(/\.$/, '');
    throw values.error(sentence.startsWith('services') ? sentence : `services: ${sentence}`, { cause: error });
  }
}

function readText(path: string, named: string | null): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      if (named === null) return '';
      throw new ConfigError(`JOBLIB_CONFIG is '${named}', and there is no such file.`, { cause: error });
    }
    const variable = named === null ? '' : 'JOBLIB_CONFIG: ';
    throw new ConfigError(`${variable}'${path}' cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

function parseYaml(text: string, name: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    // The lines after it show the place in the file, which may hold secrets.
    const [sentence = ''] = (error as Error).message.split('\n');
    throw new ConfigError(`${name} is no YAML: ${sentence.replace(/:$/, '')}.`, { cause: error });
  }
}
