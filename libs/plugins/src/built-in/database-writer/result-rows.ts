import type { AssertionResult, MetricOutcome } from '../../context/assertion-result.js';
import type { PluginExecutionContext } from '../../context/plugin-execution-context.js';
import type { SymbolInfo } from '../../context/symbol-info.js';
import type { PluginRow, PluginTableDefinition } from '../plugin-host.js';

/** Columns of the table; `position` counts the rows of a run, which is row 0. */
export const RESULT_COLUMNS = {
  execution_id: 'text',
  position: 'integer',
  /** `run`, `assertion` or `symbol` */
  kind: 'text',
  suite: 'text',
  /** Day of the result: `2026-01-31`. */
  yyyy_mm_dd: 'text',
  check_name: 'text',
  /** Of the assertion or the symbol; of a run its suite. */
  name: 'text',
  severity: 'text',
  /** `PASSED`, `FAILED`, `SKIPPED`; of a plain task its own. */
  status: 'text',
  /** Of the metric or the symbol; of a run the percentage that passed. */
  value: 'real',
  expression: 'text',
  error: 'text',
  room: 'text',
  /** JSON */
  tags: 'text',
  /** When it was run: Unix seconds. */
  timestamp: 'real',
} as const satisfies PluginTableDefinition['columns'];

export const RESULT_KEY = ['execution_id', 'position'] as const satisfies readonly (keyof typeof RESULT_COLUMNS)[];

type ResultRow = Record<keyof typeof RESULT_COLUMNS, string | number | null>;
type OwnColumns = Omit<ResultRow, 'execution_id' | 'position' | 'room' | 'timestamp'>;

/** The run, then its assertions, then its symbols. */
export function resultRows(context: PluginExecutionContext): PluginRow[] {
  const { executionId: execution_id, timestamp, task } = context;
  const rows = [runRow(context), ...context.results.map(assertionRow), ...context.symbols.map(symbolRow)];
  return rows.map((row, position): ResultRow => ({ execution_id, position, ...row, room: task?.room ?? null, timestamp }));
}

function runRow(context: PluginExecutionContext): OwnColumns {
  const { suiteName, key, task } = context;
  const isPlainTask = task !== undefined && context.totalAssertions() + context.totalSymbols() === 0;
  return {
    kind: 'run',
    suite: suiteName,
    yyyy_mm_dd: key.yyyy_mm_dd,
    check_name: null,
    name: suiteName,
    severity: null,
    status: isPlainTask ? task.status : context.failedAssertions() > 0 ? 'FAILED' : 'PASSED',
    value: isPlainTask ? null : context.assertionPassRate(),
    expression: null,
    error: task?.error ?? null,
    tags: JSON.stringify(key.tags),
  };
}

function assertionRow(result: AssertionResult): OwnColumns {
  const { suite, yyyy_mm_dd, check, assertion, severity, status, expression, metric, tags } = result;
  const outcome = outcomeOf(metric);
  return {
    kind: 'assertion',
    suite,
    yyyy_mm_dd,
    check_name: check,
    name: assertion,
    severity,
    status,
    expression,
    ...outcome,
    tags: JSON.stringify(tags),
  };
}

function symbolRow({ suite, yyyy_mm_dd, name, metric, value, tags }: SymbolInfo): OwnColumns {
  const outcome = 'ok' in value ? { value: value.ok, error: null } : { value: null, error: value.error };
  const status = 'ok' in value ? 'PASSED' : 'FAILED';
  return {
    kind: 'symbol',
    suite,
    yyyy_mm_dd,
    check_name: null,
    name,
    severity: null,
    status,
    expression: metric,
    ...outcome,
    tags: JSON.stringify(tags),
  };
}

function outcomeOf(metric: MetricOutcome): Pick<OwnColumns, 'value' | 'error'> {
  if ('value' in metric) return { value: metric.value, error: null };
  return { value: null, error: JSON.stringify(metric.failures) };
}
