import { BoundedCache } from './bounded-cache.js';
import { CheckRunner } from './check-runner.js';
import type { CheckOutcome, RunnerLimits } from './check-runner.js';
import type { Check } from './checks.js';

/**
 * What is known of a schema. `proven`: its last payload was checked quickly. `suspect`: a check of it had to be ended.
 * `unknown`: neither.
 */
type Standing = 'proven' | 'unknown' | 'suspect';

/** What each thread takes, in this order. The second is for proven schemas alone, so that nothing slow can keep them waiting. */
const THREAD_LANES: readonly (readonly Standing[])[] = [['unknown', 'proven', 'suspect'], ['proven']];

const QUICK_MS = 25;
const MAX_REMEMBERED = 5_000;

export interface PoolLimits extends RunnerLimits {
  /** A check that waited longer for a thread is given up. */
  readonly waitMs: number;
  /** Checks of suspects beyond this many waiting are given up at once. */
  readonly maxSuspectsWaiting: number;
}

/** `too-busy`: it was not tried, because others were slow. */
export type PoolOutcome = CheckOutcome | 'too-busy';

interface Waiting {
  readonly key: string;
  readonly check: Check;
  readonly resolve: (outcome: PoolOutcome) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Runs checks in two threads and answers each within `waitMs + checkMs` and the start of a thread, whatever the others are.
 *
 * Checks wait in three lanes, by what is known of their schema. One thread takes unknown ones first, then proven ones, then suspects;
 * the other takes proven ones only. A schema that had a check ended becomes suspect and all its waiting checks go to the back; a quick
 * payload check brings it back to proven. So hostile schemas hold up only each other and, for a bounded time, new ones.
 */
export class CheckingPool {
  private readonly idle: Map<CheckRunner, readonly Standing[]>;
  private readonly runners: readonly CheckRunner[];
  private readonly lanes: Readonly<Record<Standing, Set<Waiting>>> = { proven: new Set(), unknown: new Set(), suspect: new Set() };
  private readonly standings = new BoundedCache<Standing>(MAX_REMEMBERED);
  private isClosed = false;

  constructor(private readonly limits: PoolLimits) {
    this.idle = new Map(THREAD_LANES.map((lanes) => [new CheckRunner(limits), lanes]));
    this.runners = [...this.idle.keys()];
  }

  /** `key` names the schema. @throws Error when no thread can be started. */
  run(key: string, check: Check): Promise<PoolOutcome> {
    const lane = this.laneOf(key);
    if (this.isClosed || this.isFull(lane)) return Promise.resolve('too-busy');
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { key, check, resolve, reject, timer: setTimeout(() => this.giveUp(waiting), this.limits.waitMs) };
      lane.add(waiting);
      this.dispatch();
    });
  }

  /** Gives up what waits and ends the threads; what they were at counts as too slow. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const lane of Object.values(this.lanes)) for (const waiting of lane) this.giveUp(waiting);
    await Promise.all(this.runners.map((runner) => runner.close()));
  }

  private dispatch(): void {
    for (const [runner, standings] of this.idle) {
      const next = this.takeFirst(standings);
      if (next === undefined) continue;
      this.idle.delete(runner);
      void this.work(runner, next).finally(() => {
        this.idle.set(runner, standings);
        this.dispatch();
      });
    }
  }

  private async work(runner: CheckRunner, { key, check, resolve, reject }: Waiting): Promise<void> {
    try {
      const outcome = await runner.run(check);
      this.learn(key, check, outcome);
      resolve(outcome);
    } catch (error) {
      reject(error);
    }
  }

  private takeFirst(standings: readonly Standing[]): Waiting | undefined {
    for (const standing of standings) {
      for (const waiting of this.lanes[standing]) {
        this.lanes[standing].delete(waiting);
        clearTimeout(waiting.timer);
        return waiting;
      }
    }
    return undefined;
  }

  private learn(key: string, check: Check, outcome: CheckOutcome): void {
    const known = this.standingOf(key);
    const learnt = standingAfter(check, outcome) ?? known;
    if (learnt === known) return;
    this.standings.set(key, learnt);
    this.move(key, this.lanes[known], this.lanes[learnt]);
  }

  /** Between two different lanes: a set that is added to while it is walked through never ends. */
  private move(key: string, from: Set<Waiting>, to: Set<Waiting>): void {
    for (const waiting of from) {
      if (waiting.key !== key) continue;
      from.delete(waiting);
      to.add(waiting);
      if (to.size > this.limits.maxSuspectsWaiting && to === this.lanes.suspect) this.giveUp(waiting);
    }
  }

  private giveUp(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    for (const lane of Object.values(this.lanes)) lane.delete(waiting);
    waiting.resolve('too-busy');
  }

  private laneOf(key: string): Set<Waiting> {
    return this.lanes[this.standingOf(key)];
  }

  private standingOf(key: string): Standing {
    return this.standings.get(key) ?? 'unknown';
  }

  private isFull(lane: Set<Waiting>): boolean {
    return lane === this.lanes.suspect && lane.size >= this.limits.maxSuspectsWaiting;
  }
}

/** `undefined`: nothing learnt. That a schema can be compiled quickly says nothing about payloads, so only those prove it. */
function standingAfter(check: Check, outcome: CheckOutcome): Standing | undefined {
  if (outcome === 'too-slow') return 'suspect';
  if (outcome === 'too-deep' || check.kind === 'schema') return undefined;
  return outcome.elapsedMs <= QUICK_MS ? 'proven' : 'unknown';
}
