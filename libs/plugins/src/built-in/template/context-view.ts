import type { PluginExecutionContext } from '../../context/plugin-execution-context.js';
import type { TaskSnapshot } from '../../context/task-snapshot.js';

/** Every name of a view, for templates. */
export const CONTEXT_NAMES = [
  'suite_name',
  'execution_id',
  'datasources',
  'key',
  'timestamp',
  'duration_ms',
  'total_assertions',
  'passed_assertions',
  'failed_assertions',
  'skipped_assertions',
  'assertion_pass_rate',
  'assertions_by_severity',
  'failures_by_severity',
  'total_symbols',
  'failed_symbols',
  'results',
  'symbols',
  'task',
] as const;

/** A context as JSON, in the words of the wire. */
export type ContextView = Readonly<Record<(typeof CONTEXT_NAMES)[number], unknown>>;

export function contextView(context: PluginExecutionContext): ContextView {
  const { key, task } = context;
  return {
    suite_name: context.suiteName,
    execution_id: context.executionId,
    datasources: context.datasources,
    key: { yyyy_mm_dd: key.yyyy_mm_dd, tags: key.tags },
    timestamp: context.timestamp,
    duration_ms: context.durationMs,
    total_assertions: context.totalAssertions(),
    passed_assertions: context.passedAssertions(),
    failed_assertions: context.failedAssertions(),
    skipped_assertions: context.skippedAssertions(),
    assertion_pass_rate: context.assertionPassRate(),
    assertions_by_severity: context.assertionsBySeverity(),
    failures_by_severity: context.failuresBySeverity(),
    total_symbols: context.totalSymbols(),
    failed_symbols: context.failedSymbols(),
    results: context.results,
    symbols: context.symbols,
    task: task === undefined ? null : taskView(task),
  };
}

function taskView({ createdAt, startedAt, completedAt, ...task }: TaskSnapshot): Readonly<Record<string, unknown>> {
  return { ...task, created_at: createdAt, started_at: startedAt, completed_at: completedAt };
}
