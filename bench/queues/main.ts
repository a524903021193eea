import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { emptyPostgresDatabase } from '../databases.js';
import { distantServer } from './distant-server.js';
import type { Percentiles, QueueFigures } from './figures.js';

const HELP = `Usage: npm run bench:queues -- --postgres postgres://user@host:port/database [options]
  --only joblib,pg-boss,graphile-worker,bullmq
  --seconds 3        how long 128 callers add one at a time
  --backlog 20000    jobs that are added in bulk and worked off
  --trips 200        jobs that are added one by one to an idle queue and waited for
  --delay-ms 0       holds everything that passes to and from the server: a database on another machine
  --rounds 2         how often each has its turn; the best of each figure counts`;

const NAMES = ['joblib', 'pg-boss', 'graphile-worker', 'bullmq'];

const LIMIT_MS = 300_000;

/** As `npm start` has it; for all alike. */
const YOUNG_GENERATION = '--max-semi-space-size=32';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      postgres: { type: 'string' },
      only: { type: 'string', default: NAMES.join(',') },
      seconds: { type: 'string', default: '3' },
      backlog: { type: 'string', default: '20000' },
      trips: { type: 'string', default: '200' },
      'delay-ms': { type: 'string', default: '0' },
      rounds: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.postgres === undefined) {
    console.log(HELP);
    return;
  }
  const delayMs = Number(values['delay-ms']);
  const distant = delayMs > 0 ? await distantServer(values.postgres, delayMs) : null;
  const rounds: QueueFigures[] = [];
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    for (const name of values.only.split(',')) {
      const figures = await measure(name, distant?.url ?? values.postgres, [values.seconds, values.backlog, values.trips]);
      rounds.push(figures);
      console.log(`round ${round}: ${JSON.stringify(figures)}`);
    }
  }
  distant?.close();
  console.log(`\n${report(values.only.split(',').map((name) => bestOf(rounds.filter((one) => one.name === name))))}`);
}

/** Each in a process and with a database of its own. */
async function measure(name: string, serverUrl: string, parameters: readonly string[]): Promise<QueueFigures> {
  const database = await emptyPostgresDatabase(serverUrl);
  try {
    const script = fileURLToPath(new URL('run-contender.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [YOUNG_GENERATION, script, name, database.url, ...parameters], {
      timeout: LIMIT_MS,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as QueueFigures;
  } finally {
    await database.remove();
  }
}

function bestOf(rounds: readonly QueueFigures[]): QueueFigures {
  const best = (pick: (figures: QueueFigures) => number, choose: (...values: number[]) => number): number => choose(...rounds.map(pick));
  return {
    name: rounds[0]?.name ?? '',
    addsPerSecond: best(({ addsPerSecond }) => addsPerSecond, Math.max),
    bulkPerSecond: best(({ bulkPerSecond }) => bulkPerSecond, Math.max),
    workedOffPerSecond: best(({ workedOffPerSecond }) => workedOffPerSecond, Math.max),
    idleRun: bestPercentiles(rounds.map(({ idleRun }) => idleRun)),
    idleDone: bestPercentiles(rounds.map(({ idleDone }) => idleDone)),
  };
}

function bestPercentiles(all: readonly Percentiles[]): Percentiles {
  return { p50Ms: Math.min(...all.map(({ p50Ms }) => p50Ms)), p99Ms: Math.min(...all.map(({ p99Ms }) => p99Ms)) };
}

function report(all: readonly QueueFigures[]): string {
  const header = ['queue', 'added/s, 128 callers', 'added/s, 1000 a call', 'worked off/s', 'idle add → runs, p50 / p99 ms', '→ end stored'];
  const rows = all.map((one) => [
    one.name,
    count(one.addsPerSecond),
    count(one.bulkPerSecond),
    count(one.workedOffPerSecond),
    percentiles(one.idleRun),
    percentiles(one.idleDone),
  ]);
  const table = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

function percentiles({ p50Ms, p99Ms }: Percentiles): string {
  return `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`;
}

function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
}

await main();
