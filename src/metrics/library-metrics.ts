import { Injectable } from '@nestjs/common';
import { JoblibStats } from '@joblib/nestjs';
import type { JoblibSnapshot } from '@joblib/nestjs';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

type Figure = { [Key in keyof JoblibSnapshot]: JoblibSnapshot[Key] extends number ? Key : never }[keyof JoblibSnapshot];

const COUNTERS: readonly { name: string; help: string; figure: Figure }[] = [
  { name: 'joblib_flushes_total', help: 'Database transactions that wrote operations of callers.', figure: 'flushesTotal' },
  { name: 'joblib_flushed_operations_total', help: 'Operations written by them.', figure: 'flushedOperationsTotal' },
  { name: 'joblib_swept_workers_total', help: 'Workers cleaned up for being silent.', figure: 'sweptWorkersTotal' },
];

const GAUGES: readonly { name: string; help: string; figure: Figure }[] = [
  { name: 'joblib_held_claims', help: 'Claims waiting for a task now.', figure: 'heldClaims' },
  { name: 'joblib_held_polls', help: 'Reads waiting for the end of a task now.', figure: 'heldPolls' },
];

/** Up to the longest that a plugin may take when nothing else is said. */
const BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];

/** The library's own figures, read when somebody asks: they cost nothing in between; deliveries to plugins are counted as they happen. */
@Injectable()
export class LibraryMetrics {
  constructor(stats: JoblibStats, registry: Registry) {
    const registers = [registry];
    for (const { figure, ...counter } of COUNTERS) {
      const metric: Counter = new Counter({ ...counter, registers, collect: () => setCounter(metric, {}, stats.snapshot()[figure]) });
    }
    for (const { figure, ...gauge } of GAUGES) {
      const metric: Gauge = new Gauge({ ...gauge, registers, collect: () => metric.set(stats.snapshot()[figure]) });
    }
    const changes: Counter<'status'> = new Counter({
      name: 'joblib_task_changes_total',
      help: 'Committed changes of tasks by the state they led to; each report of progress counts as running.',
      labelNames: ['status'],
      registers,
      collect: () => {
        for (const [status, count] of Object.entries(stats.snapshot().taskChangesTotal)) setCounter(changes, { status }, count);
      },
    });
    countDeliveries(stats, registers);
  }
}

/** A counter of the metrics library can only be raised; ours know their value. */
function setCounter(counter: Counter, labels: Record<string, string>, value: number): void {
  counter.remove(labels);
  counter.inc(labels, value);
}

function countDeliveries(stats: JoblibStats, registers: Registry[]): void {
  const deliveries = new Counter({
    name: 'joblib_deliveries_total',
    help: 'Attempts to deliver a task to a plugin by what they came to: delivered, retrying, failed (for good), given-back.',
    labelNames: ['plugin', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'joblib_delivery_duration_seconds',
    help: 'How long plugins took, their waiting for one another included.',
    labelNames: ['plugin'],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  stats.onDelivery(({ plugin, outcome, durationMs }) => {
    deliveries.inc({ plugin, outcome });
    durations.observe({ plugin }, durationMs / 1000);
  });
}
