import type { PluginExecutionContext } from '../context/plugin-execution-context.js';
import { PluginMetadata } from '../plugin-metadata.js';
import type { Accepts, PluginConfig, PostProcessor } from '../post-processor.js';
import type { PluginCounter, PluginHistogram, PluginHost, PluginMetrics } from './plugin-host.js';
import { readConfig } from './settings/config-reader.js';
import type { ConfigReader } from './settings/config-reader.js';
import { PluginSettings, readAccepts } from './settings/plugin-settings.js';
import type { CommonSettings } from './settings/plugin-settings.js';

export const PROMETHEUS_KEYS = ['accepts', 'prefix', 'buckets', 'max_suites'] as const;

const BUCKETS_SECONDS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600];

/** The label of all suites beyond the most that are told apart. */
const OTHER_SUITES = 'other';

interface PrometheusSettings extends CommonSettings {
  readonly prefix: string;
  /** Upper bounds in seconds, rising. */
  readonly buckets: readonly number[];
  readonly maxSuites: number;
}

interface Metrics {
  readonly runs: PluginCounter;
  readonly assertions: PluginCounter;
  readonly symbols: PluginCounter;
  readonly durations: PluginHistogram;
}

/** Counts runs, assertions and symbols, and keeps the durations of runs, for the server's `/metrics`. */
export class PrometheusPlugin implements PostProcessor {
  readonly #settings: PluginSettings<PrometheusSettings>;
  readonly #suites = new Set<string>();

  /** `{ prefix?, buckets?, max_suites?, accepts? }`. @throws TypeError which names the key that is wrong. */
  constructor(
    config: PluginConfig,
    private readonly host: Pick<PluginHost, 'metrics'>,
  ) {
    this.#settings = new PluginSettings(readSettings, config);
  }

  get accepts(): Accepts {
    return this.#settings.accepts;
  }

  metadata(): PluginMetadata {
    return new PluginMetadata({
      name: 'prometheus',
      version: '1.0.0',
      author: 'joblib',
      description: 'Counts runs, assertions and symbols for /metrics.',
      capabilities: ['metrics'],
    });
  }

  /** @throws TypeError as the constructor. */
  initialize(config: PluginConfig): void {
    this.#settings.update(config);
  }

  /** @throws Error when the names are used by other metrics. */
  process(context: PluginExecutionContext): void {
    const settings = this.#settings.current;
    const { runs, assertions, symbols, durations } = metricsOf(this.host.metrics, settings);
    const suite = this.#labelOf(context.suiteName, settings.maxSuites);
    runs.increment({ suite }, 1);
    durations.observe({ suite }, context.durationMs / 1000);
    for (const { severity, status } of context.results) assertions.increment({ suite, severity, status }, 1);
    const failed = context.failedSymbols();
    const successful = context.totalSymbols() - failed;
    if (failed > 0) symbols.increment({ suite, outcome: 'failed' }, failed);
    if (successful > 0) symbols.increment({ suite, outcome: 'successful' }, successful);
  }

  /** Names come from users: without a bound they would fill the memory. */
  #labelOf(suite: string, maxSuites: number): string {
    if (!this.#suites.has(suite) && this.#suites.size >= maxSuites) return OTHER_SUITES;
    this.#suites.add(suite);
    return suite;
  }
}

function metricsOf(metrics: PluginMetrics, { prefix, buckets }: PrometheusSettings): Metrics {
  return {
    runs: metrics.counter({ name: `${prefix}runs_total`, help: 'Runs of suites, and tasks.', labelNames: ['suite'] }),
    assertions: metrics.counter({
      name: `${prefix}assertions_total`,
      help: 'Assertions by how they went.',
      labelNames: ['suite', 'severity', 'status'],
    }),
    symbols: metrics.counter({
      name: `${prefix}symbols_total`,
      help: 'Symbols by whether they have a value.',
      labelNames: ['suite', 'outcome'],
    }),
    durations: metrics.histogram({ name: `${prefix}duration_seconds`, help: 'How long runs took.', labelNames: ['suite'], buckets }),
  };
}

function readSettings(config: PluginConfig): PrometheusSettings {
  return readConfig(config, 'prometheus', PROMETHEUS_KEYS, (reader) => ({
    accepts: readAccepts(reader),
    prefix: prefixOf(reader),
    buckets: bucketsOf(reader),
    maxSuites: reader.wholeNumberOr('max_suites', 100, 1, 10_000),
  }));
}

function prefixOf(reader: ConfigReader<'prefix'>): string {
  const prefix = reader.textOr('prefix', 'joblib_suite_');
  if (/^[a-z_][a-z0-9_]*$/.test(prefix)) return prefix;
  throw reader.refusal('prefix', 'of lower-case letters, digits and _');
}

function bucketsOf(reader: ConfigReader<'buckets'>): readonly number[] {
  const value = reader.value('buckets') ?? BUCKETS_SECONDS;
  const isRising =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each, index, all) => typeof each === 'number' && (index === 0 || each > all[index - 1]));
  if (isRising) return value as readonly number[];
  throw reader.refusal('buckets', 'a list of rising numbers');
}
