import { PluginManager, PluginMetadata } from '@joblib/plugins';
import type { PluginManagerOptions, PostProcessor } from '@joblib/plugins';
import { RecordingLogger } from '@joblib/plugins/testing';

/** Managers that have nothing but what a test registers, and what they log. */
export class ManagerScene {
  readonly logger = new RecordingLogger();
  readonly #managers: PluginManager[] = [];

  /** With the plugins that come with it; closed with the scene. */
  open(options: PluginManagerOptions = {}): PluginManager {
    const manager = new PluginManager({ logger: this.logger, discover: false, ...options });
    this.#managers.push(manager);
    return manager;
  }

  /** With these plugins only, and nothing logged so far. */
  async openWith(options: PluginManagerOptions = {}, ...plugins: PostProcessor[]): Promise<PluginManager> {
    const manager = this.open(options);
    manager.clearPlugins();
    for (const plugin of plugins) await manager.registerPlugin(plugin);
    this.logger.lines.splice(0);
    return manager;
  }

  async close(): Promise<void> {
    await Promise.all(this.#managers.splice(0).map((manager) => manager.close()));
  }
}

/** A plugin that does nothing but what it is given. */
export function aPlugin(name: string, verbs: Partial<Omit<PostProcessor, 'metadata'>> = {}): PostProcessor {
  const metadata = new PluginMetadata({ name, version: '1', author: 'us', description: '' });
  return { metadata: () => metadata, process: () => undefined, ...verbs };
}
