import { describe, expect, it } from '@jest/globals';
import { PrometheusPlugin } from '@joblib/plugins';
import { aContext } from '@joblib/plugins/testing';
import { Histogram, Registry } from 'prom-client';
import { RegistryMetrics } from './registry-metrics.js';

describe('RegistryMetrics', () => {
  it('goes on counting under the same name, and gives each name its own metric', async () => {
    const registry = new Registry();
    const metrics = new RegistryMetrics(registry);
    const plugin = new PrometheusPlugin({}, { metrics });
    for (const prefix of ['a_', 'a_', 'b_']) {
      plugin.initialize({ prefix, buckets: [1] });
      plugin.process(aContext({ suiteName: 'say "no"', durationMs: 500 }));
    }
    const text = await registry.metrics();
    expect(text).toContain('a_runs_total{suite="say \\"no\\""} 2');
    expect(text).toContain('b_runs_total{suite="say \\"no\\""} 1');
    expect(text).toContain('a_duration_seconds_bucket{le="1",suite="say \\"no\\""} 2');
  });

  it('leaves metrics of others alone', () => {
    const registry = new Registry();
    const theirs = new Histogram({ name: 'http_request_duration_seconds', help: 'theirs', registers: [registry] });
    const plugin = new PrometheusPlugin({ prefix: 'http_request_' }, { metrics: new RegistryMetrics(registry) });
    expect(() => plugin.process(aContext())).toThrow(/http_request_duration_seconds has already been registered/);
    expect(registry.getSingleMetric('http_request_duration_seconds')).toBe(theirs);
  });
});
