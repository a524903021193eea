import { PluginExecutionContext } from '../context/plugin-execution-context.js';
import type { PluginExecutionContextFields } from '../context/plugin-execution-context.js';
import { ResultKey } from '../context/result-key.js';

/** A context with nothing in it but what is given: for tests of plugins. */
export function aContext(fields: Partial<PluginExecutionContextFields> = {}): PluginExecutionContext {
  return new PluginExecutionContext({
    suiteName: 'suite',
    executionId: 'execution',
    datasources: [],
    key: new ResultKey('2026-01-31'),
    timestamp: 1_769_860_800,
    durationMs: 0,
    results: [],
    symbols: [],
    ...fields,
  });
}
