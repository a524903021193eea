import type { AssertionResult } from '../../context/assertion-result.js';
import type { PluginExecutionContext } from '../../context/plugin-execution-context.js';
import { SEVERITIES } from '../../context/severity.js';

/** More failures are counted, not listed. */
const MOST_LISTED = 50;

/** What a mail says of a run: the failures, the worst first. */
export function alertText(context: PluginExecutionContext): string {
  const { suiteName, key, datasources, task } = context;
  const failures = SEVERITIES.flatMap((severity) =>
    context.results.filter((result) => result.status === 'FAILED' && result.severity === severity),
  );
  const unlisted = failures.length - MOST_LISTED;
  return [
    `Suite: ${suiteName}`,
    `Date: ${key.yyyy_mm_dd}`,
    ...(datasources.length > 0 ? [`Datasets: ${datasources.join(', ')}`] : []),
    ...(task === undefined ? [] : [`Task: ${task.id} in room ${task.room}, ${task.status}${task.error === null ? '' : `: ${task.error}`}`]),
    `Assertions: ${context.failedAssertions()} failed, ${context.passedAssertions()} passed, ${context.skippedAssertions()} skipped`,
    '',
    ...failures.slice(0, MOST_LISTED).map(lineOf),
    ...(unlisted > 0 ? [`… and ${unlisted} more`] : []),
  ].join('\n');
}

function lineOf({ severity, check, assertion, expression, metric }: AssertionResult): string {
  const found = 'value' in metric ? `was ${metric.value ?? 'null'}` : `could not be computed: ${JSON.stringify(metric.failures)}`;
  return `[${severity}] ${check}: ${assertion}${expression === null ? '' : ` (${expression})`}, ${found}`;
}
