import type { PluginExecutionContext } from '../context/plugin-execution-context.js';
import type { Tags } from '../context/assertion-result.js';
import type { SeverityCounts } from '../context/severity.js';

/** What a run came to, for a person: several lines, without one at the end. */
export function auditReport(context: PluginExecutionContext): string {
  const { suiteName, key, timestamp, durationMs, datasources } = context;
  return [
    '=== Audit report ===',
    `Time: ${new Date(timestamp * 1000).toISOString()}`,
    `Suite: ${suiteName}`,
    `Date: ${key.yyyy_mm_dd}`,
    `Tags: ${tagsLine(key.tags)}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Datasets: ${datasources.join(', ') || 'None'}`,
    ...assertionLines(context),
    ...symbolLines(context),
    '====================',
  ].join('\n');
}

function tagsLine(tags: Tags): string {
  const pairs = Object.entries(tags).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return pairs.sort().join(', ') || 'None';
}

function assertionLines(context: PluginExecutionContext): string[] {
  const total = context.totalAssertions();
  const share = (count: number): string => `${count} (${total === 0 ? '0.0' : ((count / total) * 100).toFixed(1)}%)`;
  return [
    `Total checks: ${total}`,
    `Assertions passed: ${share(context.passedAssertions())}`,
    `Assertions failed: ${share(context.failedAssertions())}`,
    `Assertions skipped: ${share(context.skippedAssertions())}`,
    `Failures by severity: ${severityLine(context.failuresBySeverity())}`,
  ];
}

function severityLine(counts: SeverityCounts): string {
  return (
    Object.entries(counts)
      .map(([severity, count]) => `${severity}=${count}`)
      .join(', ') || 'None'
  );
}

function symbolLines(context: PluginExecutionContext): string[] {
  const failed = context.failedSymbols();
  return [`Symbols successful: ${context.totalSymbols() - failed}`, `Symbols failed: ${failed}`];
}
