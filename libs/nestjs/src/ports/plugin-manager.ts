import type { PluginManager } from '@joblib/plugins';

/** The plugins of this server; `null` when it has none. */
export type ServerPlugins = PluginManager | null;

export const PLUGIN_MANAGER = Symbol.for('joblib/PluginManager');
