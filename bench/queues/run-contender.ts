import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from './contender.js';
import type { QueueFigures } from './figures.js';

const START: Readonly<Record<string, (url: string) => Promise<Contender>>> = {
  joblib: async (url) => (await import('./joblib.js')).startJoblib(url),
  'pg-boss': async (url) => (await import('./pg-boss.js')).startPgBoss(url),
  'graphile-worker': async (url) => (await import('./graphile-worker.js')).startGraphileWorker(url),
  bullmq: async (url) => (await import('./bullmq.js')).startBullMq(url),
};

const BULK = 1000;

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

/** Counts what has ended and tells whoever waits for a number of them. */
class Tally {
  #done = 0;
  #wanted = Infinity;
  #reached: () => void = () => undefined;

  readonly onDone = (count: number): void => {
    this.#done += count;
    if (this.#done >= this.#wanted) this.#reached();
  };

  reaches(count: number): Promise<void> {
    this.#wanted = count;
    return new Promise((resolve) => {
      this.#reached = resolve;
      this.onDone(0);
    });
  }

  get count(): number {
    return this.#done;
  }
}

async function roundTrips(contender: Contender, tally: Tally, times: number): Promise<number[]> {
  const milliseconds: number[] = [];
  for (let time = 0; time < times; time += 1) {
    await delay(10 + Math.random() * 20);
    const done = tally.reaches(tally.count + 1);
    const began = performance.now();
    await contender.add();
    await done;
    milliseconds.push(performance.now() - began);
  }
  return milliseconds.sort((left, right) => left - right);
}

async function main(): Promise<void> {
  const [name = '', url = '', secondsText = '3', backlogText = '20000', tripsText = '200'] = process.argv.slice(2);
  const start = START[name];
  if (start === undefined) throw new Error(`'${name}' is none of ${Object.keys(START).join(', ')}.`);
  const contender = await start(url);
  await addOneByOne(contender, 128, 1);
  const single = await addOneByOne(contender, 128, Number(secondsText));
  const bulkPerSecond = await addInBulk(contender, Number(backlogText));
  const tally = new Tally();
  const began = performance.now();
  await contender.work(tally.onDone);
  await tally.reaches(Number(backlogText));
  const workedOffPerSecond = (Number(backlogText) * 1000) / (performance.now() - began);
  await settled(tally);
  const trips = await roundTrips(contender, tally, Number(tripsText));
  const at = (share: number): number => trips[Math.min(trips.length - 1, Math.floor(trips.length * share))] ?? 0;
  const figures: QueueFigures = {
    name,
    addsPerSecond: single.perSecond,
    bulkPerSecond,
    workedOffPerSecond,
    idleP50Ms: at(0.5),
    idleP99Ms: at(0.99),
  };
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
