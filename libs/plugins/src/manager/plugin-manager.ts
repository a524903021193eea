import { AuditPlugin } from '../built-in/audit-plugin.js';
import type { PluginExecutionContext } from '../context/plugin-execution-context.js';
import { discoverPlugins } from '../loading/discover.js';
import type { DiscoveredPlugin } from '../loading/discover.js';
import { inspect } from '../loading/inspect.js';
import { sentenceOf } from '../logger.js';
import { PluginNotFoundError } from '../plugin-run-errors.js';
import type { PluginMetadata } from '../plugin-metadata.js';
import type { Accepts, AnyPostProcessor } from '../post-processor.js';
import { PluginLoader } from './plugin-loader.js';
import { assertConfigMap, checkOptions } from './plugin-manager-options.js';
import type { CheckedOptions, PluginConfigMap, PluginManagerOptions } from './plugin-manager-options.js';
import { configKeyOf, configOf, registered } from './registered-plugin.js';
import type { RegisteredPlugin } from './registered-plugin.js';

/** What one plugin did with one context. */
export interface PluginOutcome {
  readonly name: string;
  readonly elapsedMs: number;
  /** What it failed with; absent when it did not. */
  readonly error?: unknown;
}

/** What is known of a registered plugin. */
export interface PluginDescription {
  readonly metadata: PluginMetadata;
  /** `built-in`, `instance`, or where its class was found: `package/file.js#Export`. */
  readonly source: string;
  readonly accepts: Accepts;
  /** What its last call failed with, in one sentence; `null` when it did not fail. */
  readonly lastError: string | null;
}

/** Holds plugins by their names and lets them react to results; what they do wrong stays theirs. */
export class PluginManager implements AsyncDisposable {
  readonly #options: CheckedOptions;
  readonly #loader: PluginLoader;
  readonly #plugins = new Map<string, RegisteredPlugin>();
  readonly #lastErrors = new WeakMap<RegisteredPlugin, string>();
  #config: PluginConfigMap;
  #discovery: Promise<void> | undefined;
  #registering: Promise<unknown> = Promise.resolve();
  /** How often everything was removed: what was looked for before is not wanted after. */
  #clears = 0;

  /** @throws TypeError, RangeError when an option is not what it has to be; PluginRegistrationError when a built-in plugin is none. */
  constructor(options: PluginManagerOptions = {}) {
    this.#options = checkOptions(options);
    this.#config = this.#options.config;
    this.#loader = new PluginLoader(this.#options);
    if (!this.#options.discover) this.#discovery = Promise.resolve();
    this.#addBuiltIn(new AuditPlugin(this.#options.logger), ['dqx_audit']);
    for (const plugin of this.#options.builtIn) this.#addBuiltIn(plugin);
  }

  /** The class named by `"<package, subpath or relative path>#<ExportName>"`, constructed without arguments. @throws PluginRegistrationError */
  async registerPlugin(reference: string): Promise<void>;
  /** This very object: it keeps its state. @throws PluginRegistrationError */
  async registerPlugin(plugin: AnyPostProcessor): Promise<void>;
  /** One after the other, up to the first bad one; those before it stay. @throws PluginRegistrationError */
  async registerPlugin(plugin: string | AnyPostProcessor, ...more: readonly (string | AnyPostProcessor)[]): Promise<void>;
  async registerPlugin(...plugins: readonly (string | AnyPostProcessor)[]): Promise<void> {
    const done = this.#registering.then(() => this.#registerAll(plugins));
    this.#registering = done.catch(() => undefined);
    return done;
  }

  /** @returns whether there was one. Calls that were asked for are still made. */
  unregisterPlugin(name: string): boolean {
    const plugin = this.#plugins.get(name);
    if (plugin === undefined) return false;
    this.#plugins.delete(name);
    plugin.calls.endWhenIdle();
    this.#options.logger.info(`Unregistered plugin ${name}`);
    return true;
  }

  /** Removes all, built-in ones too; what has not been discovered by now will not be. */
  clearPlugins(): void {
    this.#discovery ??= Promise.resolve();
    this.#clears += 1;
    for (const name of [...this.#plugins.keys()]) this.unregisterPlugin(name);
  }

  /** What each call of a plugin may take. */
  get timeLimitMs(): number {
    return this.#options.timeLimitMs;
  }

  pluginExists(name: string): boolean {
    return this.#plugins.has(name);
  }

  /** By name, in registration order; a plugin that runs in a thread is represented by an object that forwards to it. */
  getPlugins(): ReadonlyMap<string, AnyPostProcessor> {
    return new Map([...this.#plugins].map(([name, { plugin }]) => [name, plugin]));
  }

  /** In registration order. */
  describePlugins(): PluginDescription[] {
    return [...this.#plugins.values()].map((plugin) => ({
      metadata: plugin.metadata,
      source: plugin.source,
      accepts: plugin.accepts,
      lastError: this.#lastErrors.get(plugin) ?? null,
    }));
  }

  /** From the next call on; plugins whose part of it changed are initialized again. @throws TypeError when it is no map. */
  setConfig(config: PluginConfigMap): void {
    assertConfigMap(config);
    this.#config = config;
  }

  /** Keys of the configuration under which no registered plugin looks: a typing error, or a plugin that is not there. */
  unusedConfigKeys(): string[] {
    const used = new Set([...this.#plugins.values()].map((plugin) => configKeyOf(plugin, this.#config)));
    return Object.keys(this.#config).filter((key) => !used.has(key));
  }

  /** Loads what the application's packages offer: once, and by itself before the first registration or call. Never rejects. */
  discover(): Promise<void> {
    this.#discovery ??= this.#discoverOnce();
    return this.#discovery;
  }

  /**
   * Gives the context to every plugin that is registered now, one after the other.
   * @throws AggregateError in the end, when a plugin failed and `failOnPluginError` is on.
   */
  async processAll(context: PluginExecutionContext): Promise<readonly PluginOutcome[]> {
    await this.discover();
    if (this.#plugins.size === 0) this.#options.logger.debug('No plugins are registered.');
    const outcomes: PluginOutcome[] = [];
    for (const plugin of [...this.#plugins.values()]) outcomes.push(await this.#call(plugin, context));
    const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
    if (errors.length > 0 && this.#options.failOnPluginError) {
      throw new AggregateError(errors, `${errors.length} of ${outcomes.length} plugins failed.`);
    }
    return outcomes;
  }

  /** One plugin. @throws what it failed with, `PluginTimeLimitError`, `PluginThreadError`; `PluginNotFoundError`. */
  async process(name: string, context: PluginExecutionContext): Promise<void> {
    await this.discover();
    const plugin = this.#plugins.get(name);
    if (plugin === undefined) throw new PluginNotFoundError(`Plugin ${name} is not registered.`);
    const outcome = await this.#call(plugin, context);
    if ('error' in outcome) throw outcome.error;
  }

  /** After the registrations that were asked for: ends all threads, with what runs in them, and removes all plugins. */
  async close(): Promise<void> {
    await this.#registering;
    const all = [...this.#plugins.values()];
    this.clearPlugins();
    await Promise.all(all.map(({ calls }) => calls.end()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #registerAll(plugins: readonly unknown[]): Promise<void> {
    await this.discover();
    for (const plugin of plugins) this.#add(await this.#loader.load(plugin));
    if (plugins.length > 1) this.#options.logger.info(`Successfully registered ${plugins.length} plugin(s)`);
  }

  #addBuiltIn(plugin: AnyPostProcessor, aliases: readonly string[] = []): void {
    const added = registered(inspect(plugin), 'built-in', this.#options.timeLimitMs, aliases);
    this.#plugins.set(added.name, added);
  }

  #add(plugin: RegisteredPlugin): void {
    const before = this.#plugins.get(plugin.name);
    // Its place in the order is that of the last registration.
    this.#plugins.delete(plugin.name);
    this.#plugins.set(plugin.name, plugin);
    before?.calls.endWhenIdle();
    this.#options.logger.info(`${before === undefined ? 'Registered' : 'Replaced'} plugin ${plugin.name} (${plugin.source})`);
  }

  async #discoverOnce(): Promise<void> {
    const { baseUrl, logger } = this.#options;
    const clears = this.#clears;
    for (const discovered of await discoverPlugins(baseUrl, logger)) {
      const plugin = await this.#loadDiscovered(discovered);
      if (clears === this.#clears && plugin !== null) this.#add(plugin);
      else void plugin?.calls.end();
    }
  }

  async #loadDiscovered({ source, entryName }: DiscoveredPlugin): Promise<RegisteredPlugin | null> {
    try {
      return await this.#loader.fromSource(source, [entryName]);
    } catch (error) {
      this.#options.logger.error(`Failed to load plugin ${entryName}: ${sentenceOf(error)}`);
      return null;
    }
  }

  async #call(plugin: RegisteredPlugin, context: PluginExecutionContext): Promise<PluginOutcome> {
    const { name } = plugin;
    const { logger } = this.#options;
    const startMs = performance.now();
    const elapsed = (): number => performance.now() - startMs;
    try {
      await plugin.calls.process(context, configOf(plugin, this.#config));
      this.#lastErrors.delete(plugin);
      const elapsedMs = elapsed();
      logger.info(`Plugin ${name} processed the results in ${elapsedMs.toFixed(1)} ms`);
      return { name, elapsedMs };
    } catch (error) {
      const elapsedMs = elapsed();
      this.#lastErrors.set(plugin, sentenceOf(error));
      logger.error(`Plugin ${name} failed after ${elapsedMs.toFixed(1)} ms: ${sentenceOf(error)}`);
      return { name, elapsedMs, error };
    }
  }
}
