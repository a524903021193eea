import type { PluginExecutionContext } from './context/plugin-execution-context.js';
import type { PluginMetadata } from './plugin-metadata.js';

/** What a plugin may be told: an object of JSON values, the plugin's own business. */
export type PluginConfig = Readonly<Record<string, unknown>>;

/** Which results reach a plugin: verification reports, or every task that ends (reports are among them). */
export type Accepts = 'reports' | 'tasks';

/** What both forms of a plugin have. */
export interface Processing {
  /** Awaited before the first `process`, and again after the configuration changed. `{}` when there is none. */
  initialize?(config: PluginConfig): unknown;
  /** Called once at a time. What it throws, or its promise rejects with, is this plugin's failure alone. */
  process(context: PluginExecutionContext): unknown;
  /** `reports` when neither the plugin nor its class says anything. */
  readonly accepts?: Accepts;
}

/** Reacts to results. */
export interface PostProcessor extends Processing {
  metadata(): PluginMetadata;
}

/** The other form: `metadata()` is a static method of its class. Types cannot see that; registering checks it. */
export interface PostProcessorOfClass extends Processing {
  readonly metadata?: never;
}

export type AnyPostProcessor = PostProcessor | PostProcessorOfClass;
