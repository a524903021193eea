import type { PluginCounter, PluginHistogram, PluginMetricDefinition, PluginMetrics } from '@joblib/plugins';
import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/** Metrics of plugins among those of the service. */
export class RegistryMetrics implements PluginMetrics {
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();

  constructor(private readonly registry: Registry) {}

  /** @throws Error when the name is taken by another metric. */
  counter({ name, help, labelNames }: PluginMetricDefinition): PluginCounter {
    const made = this.#counters.get(name) ?? new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
    this.#counters.set(name, made);
    return { increment: (labels, by) => made.inc({ ...labels }, by) };
  }

  /** @throws Error when the name is taken by another metric. */
  histogram({ name, help, labelNames, buckets }: PluginMetricDefinition & { readonly buckets: readonly number[] }): PluginHistogram {
    const options = { name, help, labelNames: [...labelNames], buckets: [...buckets], registers: [this.registry] };
    const made = this.#histograms.get(name) ?? new Histogram(options);
    this.#histograms.set(name, made);
    return { observe: (labels, value) => made.observe({ ...labels }, value) };
  }
}
