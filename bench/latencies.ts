/** The steps that are timed; `lifecycle` spans the others. */
export const TIMED_STEPS = ['lifecycle', 'submit', 'claim', 'start', 'complete'] as const;
export type TimedStep = (typeof TIMED_STEPS)[number];

export interface LatencySummary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Collects durations in milliseconds, step by step. */
export class Latencies {
  readonly #samplesMs: Record<TimedStep, number[]> = { lifecycle: [], submit: [], claim: [], start: [], complete: [] };

  add(step: TimedStep, durationMs: number): void {
    this.#samplesMs[step].push(durationMs);
  }

  /** Steps without a sample are left out. */
  summary(): Partial<Record<TimedStep, LatencySummary>> {
    const summaries: Partial<Record<TimedStep, LatencySummary>> = {};
    for (const step of TIMED_STEPS) {
      const sortedMs = Float64Array.from(this.#samplesMs[step]).sort();
      if (sortedMs.length > 0)
        summaries[step] = { count: sortedMs.length, p50Ms: quantile(sortedMs, 0.5), p99Ms: quantile(sortedMs, 0.99) };
    }
    return summaries;
  }
}

/** Nearest rank; `sorted` ascending and not empty, `fraction` 0–1. */
export function quantile(sorted: ArrayLike<number>, fraction: number): number {
  const rank = Math.max(1, Math.ceil(fraction * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** The middle value, or the mean of the two middle ones; `NaN` of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
