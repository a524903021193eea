import { resolve } from 'node:path';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

type PluginConfigs = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Where `plugin_config` stands. */
export interface PluginConfigPlace {
  /** Of the file, for refusals. */
  readonly name: string;
  /** Of the file. */
  readonly folder: string;
  readonly environment: Environment;
}

/** Both names of the plugin whose file is relative to the configuration's folder, as references are. */
const AUDIT_NAMES = ['audit', 'dqx_audit'];

/**
 * Fills in `${NAME}` from the environment, so that secrets need not be in the file (`$${NAME}` stays `${NAME}`), and makes the path of the
 * audit file absolute. @throws ConfigError for a variable that is not set.
 */
export function fillPluginConfig(configs: PluginConfigs, place: PluginConfigPlace): PluginConfigs {
  const filled = Object.entries(configs).map(([name, config]) => {
    const values = fill(config, `plugin_config.${name}`, place) as Readonly<Record<string, unknown>>;
    return [name, AUDIT_NAMES.includes(name) ? withAbsoluteFile(values, place.folder) : values] as const;
  });
  return Object.fromEntries(filled);
}

function fill(value: unknown, at: string, place: PluginConfigPlace): unknown {
  if (typeof value === 'string') return fillText(value, at, place);
  if (Array.isArray(value)) return value.map((each, index) => fill(each, `${at}[${index}]`, place));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, `${at}.${key}`, place)]));
}

function fillText(text: string, at: string, { name, environment }: PluginConfigPlace): string {
  return text.replace(/(\$?)\$\{([A-Za-z_]\w*)\}/g, (whole, escape: string, variable: string) => {
    if (escape !== '') return whole.slice(1);
    const value = environment[variable];
    if (value !== undefined && value !== '') return value;
    throw new ConfigError(`${name}: ${at} asks for the variable ${variable}, which is not set.`);
  });
}

function withAbsoluteFile(config: Readonly<Record<string, unknown>>, folder: string): Readonly<Record<string, unknown>> {
  const { audit_file: file = 'audit.log' } = config;
  return typeof file === 'string' && file !== '' && config['log_to_file'] === true
    ? { ...config, audit_file: resolve(folder, file) }
    : config;
}
