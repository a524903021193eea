import { describe, expect, it } from '@jest/globals';

import type { AssertionResultInput } from '../../context/assertion-result.js';
import { ResultKey } from '../../context/result-key.js';
import type { TaskSnapshot } from '../../context/task-snapshot.js';
import { aContext } from '../../testing/index.js';
import { RESULT_COLUMNS, resultRows } from './result-rows.js';

const RESULT: AssertionResultInput = {
  yyyy_mm_dd: '2026-01-30',
  suite: 'Daily',
  check: 'Price',
  assertion: 'is positive',
  severity: 'P0',
  status: 'PASSED',
  metric: { value: 3 },
  expression: 'average(price) > 0',
  tags: { unit: 'EUR' },
};
const SYMBOL = { name: 'x_1', metric: 'average(price)', dataset: null, yyyy_mm_dd: '2026-01-30', suite: 'Daily', tags: {} };
const TASK = { id: 'task-1', job: 'a:b:c', room: 'lab', status: 'failed', error: 'sorry' } as unknown as TaskSnapshot;

describe('resultRows', () => {
  it('are the run, its assertions and its symbols, each with all columns', () => {
    const failed = { ...RESULT, status: 'FAILED', metric: { failures: ['gone'] } } as const;
    const symbols = [
      { ...SYMBOL, value: { ok: 3 } },
      { ...SYMBOL, value: { error: 'gone' } },
    ];
    const rows = resultRows(
      aContext({ suiteName: 'Daily', key: new ResultKey('2026-01-31', { env: 'prod' }), results: [RESULT, failed], symbols }),
    );
    const tags = '{"env":"prod"}';
    expect(rows).toMatchObject([
      { kind: 'run', name: 'Daily', status: 'FAILED', value: 50, error: null, yyyy_mm_dd: '2026-01-31', tags, room: null },
      { kind: 'assertion', name: 'is positive', check_name: 'Price', severity: 'P0', status: 'PASSED', value: 3, error: null },
      { kind: 'assertion', status: 'FAILED', value: null, error: '["gone"]', tags: '{"unit":"EUR"}', yyyy_mm_dd: '2026-01-30' },
      { kind: 'symbol', name: 'x_1', status: 'PASSED', value: 3, expression: 'average(price)' },
      { kind: 'symbol', name: 'x_1', status: 'FAILED', value: null, error: 'gone' },
    ]);
    expect(rows.map(({ position, execution_id }) => [execution_id, position])).toEqual([0, 1, 2, 3, 4].map((at) => ['execution', at]));
    for (const row of rows) expect(Object.keys(row).toSorted()).toEqual(Object.keys(RESULT_COLUMNS).toSorted());
  });

  it('say of a run without failures that it passed, and of a plain task what became of it', () => {
    expect(resultRows(aContext())).toMatchObject([{ kind: 'run', status: 'PASSED', value: 100 }]);
    expect(resultRows(aContext({ task: TASK }))).toMatchObject([
      { kind: 'run', status: 'failed', value: null, error: 'sorry', room: 'lab' },
    ]);
    expect(resultRows(aContext({ task: TASK, results: [RESULT] }))).toMatchObject([{ status: 'PASSED', value: 100 }, { room: 'lab' }]);
  });
});
