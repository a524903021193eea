import { groupBy } from './group-by.js';
import { median, TIMED_STEPS, type TimedStep } from './latencies.js';
import type { LoadName } from './loads.js';
import type { TargetName } from './targets.js';
import type { Measurement } from './visit.js';

/** All rounds of one load on one server, as medians. */
export interface TargetSummary {
  readonly rounds: number;
  readonly lifecyclesPerSecond: number;
  readonly lowest: number;
  readonly highest: number;
  readonly submitsPerSecond: number | null;
  readonly workedOffPerSecond: number | null;
  readonly latencies: Partial<Record<TimedStep, { readonly p50Ms: number; readonly p99Ms: number }>>;
  readonly serverBusy: number | null;
  readonly clientBusy: number;
}

/** One load at one number of connections; `ratio` is ours over the peer's, of the medians. */
export interface Comparison {
  readonly load: LoadName;
  readonly connections: number;
  readonly targets: Partial<Record<TargetName, TargetSummary>>;
  readonly ratio: number | null;
}

export function compare(measurements: readonly Measurement[]): Comparison[] {
  const groups = groupBy(measurements, ({ load, connections }) => `${load} ${connections}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const targets: Partial<Record<TargetName, TargetSummary>> = {};
    for (const [name, rounds] of groupBy(group, ({ target }) => target)) targets[name] = summarize(rounds);
    const ratio = targets.ours && targets.peer ? targets.ours.lifecyclesPerSecond / targets.peer.lifecyclesPerSecond : null;
    return [{ load: first.load, connections: first.connections, targets, ratio }];
  });
}

function summarize(rounds: readonly Measurement[]): TargetSummary {
  const rates = rounds.map((round) => round.lifecyclesPerSecond);
  return {
    rounds: rounds.length,
    lifecyclesPerSecond: median(rates),
    lowest: Math.min(...rates),
    highest: Math.max(...rates),
    submitsPerSecond: medianOf(rounds, (round) => (round.submitSeconds === undefined ? null : round.lifecycles / round.submitSeconds)),
    workedOffPerSecond: medianOf(rounds, (round) =>
      round.submitSeconds === undefined ? null : round.lifecycles / (round.elapsedSeconds - round.submitSeconds),
    ),
    latencies: medianLatencies(rounds),
    serverBusy: medianOf(rounds, (round) => round.serverBusy),
    clientBusy: median(rounds.map((round) => round.clientBusy)),
  };
}

function medianLatencies(rounds: readonly Measurement[]): TargetSummary['latencies'] {
  const latencies: Partial<Record<TimedStep, { p50Ms: number; p99Ms: number }>> = {};
  for (const step of TIMED_STEPS) {
    const p50Ms = medianOf(rounds, (round) => round.latencies[step]?.p50Ms ?? null);
    const p99Ms = medianOf(rounds, (round) => round.latencies[step]?.p99Ms ?? null);
    if (p50Ms !== null && p99Ms !== null) latencies[step] = { p50Ms, p99Ms };
  }
  return latencies;
}

function medianOf(rounds: readonly Measurement[], pick: (round: Measurement) => number | null): number | null {
  const values = rounds.map(pick).filter((value) => value !== null);
  return values.length === 0 ? null : median(values);
}
