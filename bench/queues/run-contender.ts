import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from './contender.js';
import type { Percentiles, QueueFigures } from './figures.js';

const START: Readonly<Record<string, (url: string) => Promise<Contender>>> = {
  joblib: async (url) => (await import('./joblib.js')).startJoblib(url),
  'pg-boss': async (url) => (await import('./pg-boss.js')).startPgBoss(url),
  'graphile-worker': async (url) => (await import('./graphile-worker.js')).startGraphileWorker(url),
  bullmq: async (url) => (await import('./bullmq.js')).startBullMq(url),
};

const BULK = 1000;

/** Before trips are counted: connections are opened and statements prepared. */
const WARM_UP_TRIPS = 20;

/** Adds jobs as fast as `callers` can, each its next one when the last is stored. @returns adds per second. */
async function addOneByOne(contender: Contender, callers: number, seconds: number): Promise<{ perSecond: number; added: number }> {
  let added = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < until) {
        await contender.add();
        added += 1;
      }
    }),
  );
  return { perSecond: (added * 1000) / (performance.now() - began), added };
}

async function addInBulk(contender: Contender, count: number): Promise<number> {
  const began = performance.now();
  for (let left = count; left > 0; left -= BULK) await contender.addBulk(Math.min(BULK, left));
  return (count * 1000) / (performance.now() - began);
}

/** Counts, and tells whoever waits for a number. */
class Tally {
  #count = 0;
  #wanted = Infinity;
  #reached: () => void = () => undefined;

  readonly add = (count: number): void => {
    this.#count += count;
    if (this.#count >= this.#wanted) this.#reached();
  };

  reaches(count: number): Promise<void> {
    this.#wanted = count;
    return new Promise((resolve) => {
      this.#reached = resolve;
      this.add(0);
    });
  }

  get count(): number {
    return this.#count;
  }
}

async function roundTrips(contender: Contender, times: number): Promise<Pick<QueueFigures, 'idleRun' | 'idleDone'>> {
  const [run, done] = [new Tally(), new Tally()];
  const stop = await contender.work({ onRun: run.add, onDone: done.add });
  const samples: { run: number[]; done: number[] } = { run: [], done: [] };
  for (let time = -WARM_UP_TRIPS; time < times; time += 1) {
    await delay(10 + Math.random() * 20);
    const began = performance.now();
    const since = (): number => performance.now() - began;
    const moments = Promise.all([run.reaches(run.count + 1).then(since), done.reaches(done.count + 1).then(since)]);
    await contender.add();
    const [ranMs, doneMs] = await moments;
    if (time < 0) continue;
    samples.run.push(ranMs);
    samples.done.push(doneMs);
  }
  await stop();
  return { idleRun: percentilesOf(samples.run), idleDone: percentilesOf(samples.done) };
}

function percentilesOf(milliseconds: readonly number[]): Percentiles {
  const sorted = milliseconds.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function workOff(contender: Contender, backlog: number): Promise<number> {
  const done = new Tally();
  const began = performance.now();
  const stop = await contender.work({ onRun: () => undefined, onDone: done.add });
  await done.reaches(backlog);
  const perSecond = (backlog * 1000) / (performance.now() - began);
  await settled(done);
  await stop();
  return perSecond;
}

async function main(): Promise<void> {
  const [name = '', url = '', secondsText = '3', backlogText = '20000', tripsText = '200'] = process.argv.slice(2);
  const start = START[name];
  if (start === undefined) throw new Error(`'${name}' is none of ${Object.keys(START).join(', ')}.`);
  const contender = await start(url);
  // First, while the database has nothing to tidy up either.
  const idle = await roundTrips(contender, Number(tripsText));
  await addOneByOne(contender, 128, 1);
  const single = await addOneByOne(contender, 128, Number(secondsText));
  const bulkPerSecond = await addInBulk(contender, Number(backlogText));
  // Once without counting, for whom code is compiled and pages are read; what was added before goes with it.
  await workOff(contender, Number(backlogText));
  await addInBulk(contender, Number(backlogText));
  const workedOffPerSecond = await workOff(contender, Number(backlogText));
  const figures: QueueFigures = { name, addsPerSecond: single.perSecond, bulkPerSecond, workedOffPerSecond, ...idle };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  await contender.close();
}

/** Until nothing has ended for a while: what was added before is worked off too. */
async function settled(tally: Tally): Promise<void> {
  for (let last = -1; last !== tally.count;) {
    last = tally.count;
    await delay(1500);
  }
}

await main();
process.exit(0);
