import { PluginExecutionContext } from '../context/plugin-execution-context.js';
import { ResultKey, dayOf } from '../context/result-key.js';
import type { TaskSnapshot } from '../context/task-snapshot.js';
import type { ReportReading } from './verification-report.js';

/**
 * What plugins are given of a task: its report when it is one, else the task alone, under the full name of its job. The execution is the
 * task in either case; a key that was not said is the day on which the task ended.
 */
export function contextOfTask(task: TaskSnapshot, reading: ReportReading): PluginExecutionContext {
  const report = reading !== null && 'report' in reading ? reading.report : null;
  const completedMs = Date.parse(task.completedAt);
  return new PluginExecutionContext({
    suiteName: report?.suite ?? task.job,
    executionId: task.id,
    datasources: report?.datasources ?? [],
    key: report?.key ?? new ResultKey(dayOf(completedMs)),
    timestamp: completedMs / 1000,
    durationMs: completedMs - Date.parse(task.startedAt ?? task.createdAt),
    results: report?.results ?? [],
    symbols: report?.symbols ?? [],
    task,
  });
}
