import { PluginManager, PluginRegistrationError, builtInPlugins } from '@joblib/plugins';
import type { PluginHost } from '@joblib/plugins';
import { ConfigError } from '../config/config-error.js';
import type { JoblibFile } from '../config/joblib-file.js';
import { NestPluginLogger } from '../log/nest-plugin-logger.js';

/**
 * The plugins of this server: built-in ones that are configured, those of its packages, and those that the file names, in this order.
 * Whoever opens them closes the manager.
 * @throws ConfigError when one that the file names cannot be had, or is told what it does not understand.
 */
export async function openPlugins(file: JoblibFile, host: PluginHost): Promise<PluginManager> {
  const manager = makeManager(file, host);
  try {
    await manager.discover();
    await registerAll(manager, file);
    refuseUnusedConfig(manager, file);
    return manager;
  } catch (error) {
    await manager.close();
    throw error;
  }
}

function makeManager(file: JoblibFile, host: PluginHost): PluginManager {
  const logger = new NestPluginLogger('Plugins');
  try {
    return new PluginManager({
      logger,
      baseUrl: file.baseUrl,
      builtIn: builtInPlugins(file.pluginConfig, host, logger),
      config: file.pluginConfig,
      discover: file.discoverPlugins,
      isolation: file.pluginIsolation,
      timeLimitMs: file.pluginTimeLimitSeconds * 1000,
      memoryMb: file.pluginMemoryMb,
      failOnPluginError: file.failOnPluginError,
    });
  } catch (error) {
    throw refusal(file, 'plugin_config', error);
  }
}

async function registerAll(manager: PluginManager, file: JoblibFile): Promise<void> {
  try {
    for (const reference of file.plugins) await manager.registerPlugin(reference);
  } catch (error) {
    throw error instanceof PluginRegistrationError ? refusal(file, 'plugins', error) : error;
  }
}

/** A plugin that never hears what is meant for it looks just like one that works. */
function refuseUnusedConfig(manager: PluginManager, file: JoblibFile): void {
  const [unused] = manager.unusedConfigKeys();
  if (unused === undefined) return;
  const known = manager.describePlugins().map(({ metadata }) => metadata.name);
  throw refusal(file, 'plugin_config', new Error(`there is no plugin ${unused}; there are ${known.join(', ')}`));
}

/** In one line. */
function refusal({ name }: JoblibFile, key: string, error: unknown): ConfigError {
  const sentence = (error as Error).message.replaceAll(/\s+/g, ' ').replace(/\.$/, '');
  return new ConfigError(`${name}: ${key}: ${sentence}.`, { cause: error });
}
