import type { AssertionResultInput, PluginExecutionContextFields, SymbolInfo, TaskSnapshot } from '@joblib/plugins';
import { ResultKey } from '@joblib/plugins';

const RESULT: AssertionResultInput = {
  yyyy_mm_dd: '2026-01-31',
  suite: 'Daily',
  check: 'Price',
  assertion: 'is positive',
  severity: 'P1',
  status: 'PASSED',
  metric: { value: 3 },
  expression: 'average(price) > 0',
  tags: {},
};

export function aResult(fields: Partial<AssertionResultInput> = {}): AssertionResultInput {
  return { ...RESULT, ...fields };
}

export function aSymbol(value: SymbolInfo['value']): SymbolInfo {
  return { name: 'x_1', metric: 'average(price)', dataset: 'sales', value, yyyy_mm_dd: '2026-01-31', suite: 'Daily', tags: {} };
}

/** One passed, one failed as P0, one skipped; two symbols, one without a value. */
export const DAILY: Partial<PluginExecutionContextFields> = {
  suiteName: 'Daily',
  executionId: 'execution-1',
  key: new ResultKey('2026-01-31', { env: 'prod' }),
  datasources: ['sales'],
  durationMs: 1500,
  results: [
    aResult(),
    aResult({ check: 'Nulls', assertion: 'are few', severity: 'P0', status: 'FAILED', metric: { value: 0.4 }, expression: null }),
    aResult({ severity: 'P2', status: 'SKIPPED', metric: { failures: ['no such column'] } }),
  ],
  symbols: [aSymbol({ ok: 3 }), aSymbol({ error: 'no such column' })],
};

/** The same as a worker reports it. */
export const DAILY_REPORT = {
  suite: 'Daily',
  datasources: ['sales'],
  key: { yyyy_mm_dd: '2026-01-31', tags: { env: 'prod' } },
  results: DAILY.results,
  symbols: DAILY.symbols,
};

export function aTask(fields: Partial<TaskSnapshot> = {}): TaskSnapshot {
  return {
    id: 'task-1',
    job: '@global:modifiers:Verify',
    room: 'lab',
    status: 'completed',
    payload: { path: 'x', deep: { list: [1, 2] } },
    result: null,
    error: null,
    createdAt: '2026-01-31T12:00:00.000000Z',
    startedAt: '2026-01-31T12:00:01.000000Z',
    completedAt: '2026-01-31T12:00:02.000000Z',
    ...fields,
  };
}
