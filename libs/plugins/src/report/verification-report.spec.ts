import { describe, expect, it } from '@jest/globals';

import type { TaskSnapshot } from '../context/task-snapshot.js';
import { ResultKey } from '../context/result-key.js';
import { contextOfTask } from './context-of-task.js';
import { readReport } from './verification-report.js';
import type { VerificationReport } from './verification-report.js';

const RESULT = {
  ...{ yyyy_mm_dd: '2026-01-31', suite: 'own', check: 'Price', assertion: 'positive', severity: 'P1', status: 'SUCCESS' },
  ...{ metric: { value: 15 }, expression: 'average(price) > 0', tags: { env: 'prod' } },
};
const SYMBOL = {
  ...{ name: 'x_1', metric: 'average(price)', dataset: 'sales', value: { ok: 15 } },
  ...{ yyyy_mm_dd: '2026-01-31', suite: 'own', tags: {} },
};
const REPORT = {
  ...{ suite: 'Daily', datasources: ['sales'], key: { yyyy_mm_dd: '2026-01-31', tags: { env: 'prod' } } },
  ...{ results: [RESULT], symbols: [SYMBOL] },
};

function reportOf(value: unknown): VerificationReport {
  const reading = readReport(value);
  if (reading === null || !('report' in reading)) throw new Error(`No report: ${JSON.stringify(reading)}`);
  return reading.report;
}

describe('readReport', () => {
  it('reads a whole report, in the words of today', () => {
    expect(reportOf(REPORT)).toEqual({
      ...REPORT,
      key: new ResultKey('2026-01-31', { env: 'prod' }),
      results: [{ ...RESULT, status: 'PASSED' }],
    });
  });

  it('reads one with nothing but results and symbols', () => {
    expect(reportOf({ results: [], symbols: [] })).toEqual({ suite: null, datasources: [], key: null, results: [], symbols: [] });
  });

  it('fills in the day and the suite of the report, no tags and no expression', () => {
    const { yyyy_mm_dd: _d, suite: _s, tags: _t, expression: _e, ...bare } = RESULT;
    const { yyyy_mm_dd: _d2, suite: _s2, tags: _t2, dataset: _ds, ...bareSymbol } = SYMBOL;
    const filled = { yyyy_mm_dd: '2026-01-31', suite: 'Daily', tags: {} };
    const { results, symbols } = reportOf({ ...REPORT, results: [bare], symbols: [bareSymbol] });
    expect(results).toEqual([{ ...bare, status: 'PASSED', ...filled, expression: null }]);
    expect(symbols).toEqual([{ ...bareSymbol, ...filled, dataset: null }]);
    const { results: nameless, symbols: namelessSymbols } = reportOf({ ...REPORT, suite: null, results: [bare], symbols: [bareSymbol] });
    expect([nameless[0]?.suite, namelessSymbols[0]?.suite]).toEqual(['', '']);
  });

  it('reads what could not be computed', () => {
    const failures = [{ error: 'no such column' }];
    const { results, symbols } = reportOf({
      ...REPORT,
      results: [
        { ...RESULT, status: 'FAILURE', metric: { failures } },
        { ...RESULT, metric: { value: null } },
      ],
      symbols: [
        { ...SYMBOL, value: { error: 'no such column' } },
        { ...SYMBOL, value: { ok: null } },
      ],
    });
    expect(results.map(({ status, metric }) => [status, metric])).toEqual([
      ['FAILED', { failures }],
      ['PASSED', { value: null }],
    ]);
    expect(symbols.map(({ value }) => value)).toEqual([{ error: 'no such column' }, { ok: null }]);
  });

  it.each([null, undefined, 7, 'text', [], {}, { results: [] }, { symbols: [] }, [RESULT]])('takes %j for no report', (value) => {
    expect(readReport(value)).toBeNull();
  });

  const entry = (changes: object): object => ({ ...REPORT, results: [RESULT, { ...RESULT, ...changes }] });
  const symbol = (changes: object): object => ({ ...REPORT, symbols: [{ ...SYMBOL, ...changes }] });
  it.each([
    [{ ...REPORT, results: {} }, 'results must be a list'],
    [{ ...REPORT, symbols: null }, 'symbols must be a list'],
    [{ ...REPORT, results: [7] }, 'results/0 must be an object'],
    [{ ...REPORT, symbols: [[]] }, 'symbols/0 must be an object'],
    [{ ...REPORT, suite: 7 }, 'suite must be a text'],
    [{ ...REPORT, datasources: 'sales' }, 'datasources must be a list'],
    [{ ...REPORT, datasources: ['sales', 7] }, 'datasources/1 must be a text'],
    [{ ...REPORT, key: 'today' }, 'key must be an object'],
    [{ ...REPORT, key: {} }, 'key/yyyy_mm_dd must be a day: 2026-01-31'],
    [{ ...REPORT, key: { yyyy_mm_dd: '2026-02-30' } }, 'key/yyyy_mm_dd must be a day: 2026-01-31'],
    [{ ...REPORT, key: { yyyy_mm_dd: '2026-01-31', tags: [] } }, 'key/tags must be an object'],
    [{ ...entry({ yyyy_mm_dd: undefined }), key: null }, 'results/1/yyyy_mm_dd must be a day: 2026-01-31'],
    [entry({ suite: 7 }), 'results/1/suite must be a text'],
    [entry({ check: undefined }), 'results/1/check must be a text'],
    [entry({ assertion: null }), 'results/1/assertion must be a text'],
    [entry({ severity: 'P4' }), 'results/1/severity must be one of P0, P1, P2, P3'],
    [entry({ status: 'passed' }), 'results/1/status must be one of PASSED, SUCCESS, FAILED, FAILURE, SKIPPED'],
    [entry({ status: 'toString' }), 'results/1/status must be one of PASSED, SUCCESS, FAILED, FAILURE, SKIPPED'],
    [entry({ metric: 7 }), 'results/1/metric must be an object'],
    [entry({ metric: {} }), 'results/1/metric/value must be a number or null'],
    [entry({ metric: { failures: 'x' } }), 'results/1/metric/failures must be a list'],
    [entry({ expression: {} }), 'results/1/expression must be a text'],
    [entry({ tags: 'x' }), 'results/1/tags must be an object'],
    [symbol({ name: 1 }), 'symbols/0/name must be a text'],
    [symbol({ metric: {} }), 'symbols/0/metric must be a text'],
    [symbol({ dataset: 1 }), 'symbols/0/dataset must be a text'],
    [symbol({ value: 15 }), 'symbols/0/value must be an object'],
    [symbol({ value: { ok: '15' } }), 'symbols/0/value/ok must be a number or null'],
    [symbol({ value: { error: {} } }), 'symbols/0/value/error must be a text'],
  ])('says what is wrong with a claim that does not hold (%#)', (value, malformed) => {
    expect(readReport(value)).toEqual({ malformed });
  });
});

describe('contextOfTask', () => {
  const TASK: TaskSnapshot = {
    ...{ id: 't1', job: '@global:checks:Verify', room: 'lab', status: 'completed', payload: { a: 1 }, result: REPORT, error: null },
    ...{ createdAt: '2026-02-01T11:59:00.000Z', startedAt: '2026-02-01T11:59:58.500Z', completedAt: '2026-02-01T12:00:00.000Z' },
  };
  const NOON = Date.parse('2026-02-01T12:00:00Z') / 1000;

  it('is the report of the task', () => {
    const context = contextOfTask(TASK, readReport(TASK.result));
    expect(context).toMatchObject({ suiteName: 'Daily', executionId: 't1', datasources: ['sales'], timestamp: NOON, durationMs: 1500 });
    expect([context.task, context.key.yyyy_mm_dd, context.passedAssertions(), context.totalSymbols()]).toEqual([TASK, '2026-01-31', 1, 1]);
  });

  it('has the name of the job and the day of the end where the report says nothing', () => {
    const context = contextOfTask(TASK, readReport({ results: [], symbols: [] }));
    expect([context.suiteName, context.key]).toEqual(['@global:checks:Verify', new ResultKey('2026-02-01')]);
  });

  it.each([
    ['no report', null],
    ['a malformed report', readReport({ results: 1, symbols: 1 })],
  ])('is the task alone when its result is %s', (_what, reading) => {
    const context = contextOfTask({ ...TASK, startedAt: null }, reading);
    expect(context).toMatchObject({ suiteName: '@global:checks:Verify', executionId: 't1', results: [], symbols: [], durationMs: 60_000 });
    expect(context.task?.result).toBe(REPORT);
  });
});
