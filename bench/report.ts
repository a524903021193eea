import type { ClientCeiling } from './client-ceiling.js';
import { TIMED_STEPS } from './latencies.js';
import type { Comparison, TargetSummary } from './summary.js';

/** A client that used more of its core than this may itself be what was measured. */
const CLIENT_BUSY_LIMIT = 0.9;

/** The comparison as text for a terminal. */
export function renderReport(comparisons: readonly Comparison[], ceilings: readonly ClientCeiling[]): string {
  return [
    renderCeilings(ceilings),
    renderRates(comparisons),
    renderBacklogs(comparisons),
    renderSteps(comparisons),
    renderWarnings(comparisons),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function renderCeilings(ceilings: readonly ClientCeiling[]): string {
  const parts = ceilings.map(
    ({ connections, postsPerSecond, clientBusy }) =>
      `${count(postsPerSecond)} POST/s at ${connections} connections (client ${percent(clientBusy)} busy)`,
  );
  return parts.length === 0 ? '' : `the client's own ceiling, against canned answers: ${parts.join(', ')}`;
}

function renderRates(comparisons: readonly Comparison[]): string {
  const header = [
    'load',
    'connections',
    'server',
    'lifecycles/s',
    'lowest–highest',
    'ours/peer',
    'p50 ms',
    'p99 ms',
    'server busy',
    'client busy',
  ];
  const rows = eachTarget(comparisons, (comparison, name, target) => [
    comparison.load,
    String(comparison.connections),
    name,
    count(target.lifecyclesPerSecond),
    `${count(target.lowest)}–${count(target.highest)}`,
    name === 'ours' && comparison.ratio !== null ? comparison.ratio.toFixed(2) : '',
    milliseconds(target.latencies.lifecycle?.p50Ms),
    milliseconds(target.latencies.lifecycle?.p99Ms),
    target.serverBusy === null ? '?' : percent(target.serverBusy),
    percent(target.clientBusy),
  ]);
  return table([header, ...rows]);
}

function renderBacklogs(comparisons: readonly Comparison[]): string {
  const rows = eachTarget(comparisons, (comparison, name, target) =>
    target.submitsPerSecond === null || target.workedOffPerSecond === null
      ? null
      : [String(comparison.connections), name, count(target.submitsPerSecond), count(target.workedOffPerSecond)],
  );
  return rows.length === 0
    ? ''
    : `the backlog in its two parts\n${table([['connections', 'server', 'submitted/s', 'worked off/s'], ...rows])}`;
}

function renderSteps(comparisons: readonly Comparison[]): string {
  const steps = TIMED_STEPS.filter((step) => step !== 'lifecycle');
  const rows = eachTarget(comparisons, (comparison, name, { latencies }) => [
    comparison.load,
    String(comparison.connections),
    name,
    ...steps.map((step) => `${milliseconds(latencies[step]?.p50Ms)} / ${milliseconds(latencies[step]?.p99Ms)}`),
  ]);
  return `each call, p50 / p99 in ms\n${table([['load', 'connections', 'server', ...steps], ...rows])}`;
}

function renderWarnings(comparisons: readonly Comparison[]): string {
  return eachTarget(comparisons, (comparison, name, target) =>
    target.clientBusy <= CLIENT_BUSY_LIMIT
      ? null
      : [
          `Take care: with ${comparison.load}, ${comparison.connections} connections, ${name}, the client was ${percent(target.clientBusy)} busy and may be the limit.`,
        ],
  )
    .flat()
    .join('\n');
}

function eachTarget(
  comparisons: readonly Comparison[],
  row: (comparison: Comparison, name: string, target: TargetSummary) => string[] | null,
): string[][] {
  return comparisons
    .flatMap((comparison) => Object.entries(comparison.targets).map(([name, target]) => row(comparison, name, target)))
    .filter((cells) => cells !== null);
}

/** Columns as wide as their widest cell, numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const isText = widths.map(
    (_, column) => rows.slice(1).every((row) => !/^\d/.test(row[column] ?? '')) && rows.slice(1).some((row) => row[column] !== ''),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => (isText[column] ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
}

function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(value < 10 ? 2 : 1);
}
