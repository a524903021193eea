import { describe, expect, it } from '@jest/globals';

import { aContext } from '../testing/index.js';
import type { AssertionResultInput } from './assertion-result.js';
import type { SymbolInfo } from './symbol-info.js';

function aResult(severity: AssertionResultInput['severity'], status: AssertionResultInput['status']): AssertionResultInput {
  const metric = { value: 1 };
  return { yyyy_mm_dd: '2026-01-31', suite: 's', check: 'c', assertion: 'a', severity, status, metric, expression: 'x > 0', tags: {} };
}

function aSymbol(value: SymbolInfo['value']): SymbolInfo {
  return { name: 'x_1', metric: 'average(price)', dataset: 'sales', value, yyyy_mm_dd: '2026-01-31', suite: 's', tags: {} };
}

const RESULTS = [
  aResult('P1', 'PASSED'),
  aResult('P0', 'FAILED'),
  aResult('P1', 'FAILURE'),
  aResult('P1', 'SUCCESS'),
  aResult('P3', 'SKIPPED'),
];

describe('PluginExecutionContext', () => {
  it('counts assertions by how they went', () => {
    const context = aContext({ results: RESULTS });
    const counts = [context.totalAssertions(), context.passedAssertions(), context.failedAssertions(), context.skippedAssertions()];
    expect(counts).toEqual([5, 2, 2, 1]);
  });

  it('takes the older words for passed and failed', () => {
    expect(aContext({ results: RESULTS }).results.map(({ status }) => status)).toEqual(['PASSED', 'FAILED', 'FAILED', 'PASSED', 'SKIPPED']);
  });

  it('has a pass rate in percent of all assertions, skipped ones included; 100 without any', () => {
    expect(aContext({ results: RESULTS }).assertionPassRate()).toBe(40);
    expect(aContext().assertionPassRate()).toBe(100);
  });

  it('counts assertions and failures by severity, the worst first, and names only what there is', () => {
    const context = aContext({ results: RESULTS });
    expect(Object.entries(context.assertionsBySeverity())).toEqual([
      ['P0', 1],
      ['P1', 3],
      ['P3', 1],
    ]);
    expect(context.failuresBySeverity()).toEqual({ P0: 1, P1: 1 });
    expect(aContext().failuresBySeverity()).toEqual({});
  });

  it('counts symbols and those without a value', () => {
    const context = aContext({ symbols: [aSymbol({ ok: 1 }), aSymbol({ error: 'no such column' }), aSymbol({ ok: null })] });
    expect([context.totalSymbols(), context.failedSymbols()]).toEqual([3, 1]);
  });

  it('is not changed by what it was made of, nor by a plugin', () => {
    const datasources = ['sales'];
    const context = aContext({ datasources, results: RESULTS });
    datasources.push('more');
    expect(context.datasources).toEqual(['sales']);
    expect(() => Object.assign(context, { suiteName: 'other' })).toThrow(TypeError);
    expect(() => Object.assign(context.results[0] ?? {}, { status: 'FAILED' })).toThrow(TypeError);
    expect(() => (context.results as unknown[]).push({})).toThrow(TypeError);
  });

  it('has a signal that nobody aborts unless one is given, and can have another', () => {
    const { signal } = new AbortController();
    const context = aContext({ suiteName: 'daily', results: RESULTS });
    expect(context.signal.aborted).toBe(false);
    const other = context.withSignal(signal);
    expect(other.signal).toBe(signal);
    expect({ ...other, signal: null }).toEqual({ ...context, signal: null });
  });
});
