import { describe, expect, it } from '@jest/globals';

import { aContext } from '../testing/index.js';
import type { AssertionResultInput } from '../context/assertion-result.js';
import type { PluginLabels, PluginMetrics } from './plugin-host.js';
import { PrometheusPlugin } from './prometheus-plugin.js';

const RESULT = { yyyy_mm_dd: '2026-01-31', suite: 's', check: 'c', assertion: 'a', metric: { value: 1 }, expression: null, tags: {} };
const RESULTS: AssertionResultInput[] = [
  { ...RESULT, severity: 'P0', status: 'FAILED' },
  { ...RESULT, severity: 'P0', status: 'FAILURE' },
];
const SYMBOL = { name: 'x_1', metric: 'm', dataset: null, yyyy_mm_dd: '2026-01-31', suite: 's', tags: {} };

function recordingMetrics(): { metrics: PluginMetrics; lines: string[] } {
  const lines: string[] = [];
  const record =
    (name: string) =>
    (labels: PluginLabels, value: number): void =>
      void lines.push(`${name} ${Object.values(labels).join(' ')} ${value}`);
  const metrics: PluginMetrics = {
    counter: ({ name }) => ({ increment: record(name) }),
    histogram: ({ name, buckets }) => ({ observe: record(`${name}[${buckets.length}]`) }),
  };
  return { metrics, lines };
}

describe('PrometheusPlugin', () => {
  it('counts a run, its duration, its assertions and its symbols', () => {
    const { metrics, lines } = recordingMetrics();
    const symbols = [{ ok: 1 }, { ok: null }, { error: 'gone' }].map((value) => ({ ...SYMBOL, value }));
    new PrometheusPlugin({}, { metrics }).process(aContext({ suiteName: 'Daily', durationMs: 1500, results: RESULTS, symbols }));
    expect(lines).toEqual([
      'joblib_suite_runs_total Daily 1',
      'joblib_suite_duration_seconds[10] Daily 1.5',
      'joblib_suite_assertions_total Daily P0 FAILED 1',
      'joblib_suite_assertions_total Daily P0 FAILED 1',
      'joblib_suite_symbols_total Daily failed 1',
      'joblib_suite_symbols_total Daily successful 2',
    ]);
  });

  it('tells no more suites apart than it may: names come from users', () => {
    const { metrics, lines } = recordingMetrics();
    const plugin = new PrometheusPlugin({ max_suites: 2 }, { metrics });
    for (const suiteName of ['a', 'b', 'c', 'a', 'd']) plugin.process(aContext({ suiteName }));
    const runs = lines.filter((line) => line.includes('runs_total')).map((line) => line.split(' ')[1]);
    expect(runs).toEqual(['a', 'b', 'other', 'a', 'other']);
  });

  it('follows its manager', () => {
    const { metrics, lines } = recordingMetrics();
    const plugin = new PrometheusPlugin({}, { metrics });
    plugin.initialize({ prefix: 'my_', buckets: [1, 2] });
    plugin.process(aContext({ suiteName: 'a' }));
    expect(lines).toEqual(['my_runs_total a 1', 'my_duration_seconds[2] a 0']);
    expect(plugin.accepts).toBe('reports');
  });
});
