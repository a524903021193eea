import { parseArgs } from 'node:util';
import { LOAD_NAMES, type LoadName } from './loads.js';
import { TARGET_NAMES, type TargetName } from './targets.js';

export interface BenchOptions {
  readonly connections: readonly number[];
  readonly loads: readonly LoadName[];
  readonly targets: readonly TargetName[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly rounds: number;
  readonly backlogSize: number;
  readonly batchSize: number;
  readonly isWorkerShared: boolean;
  /** A PostgreSQL server on which ours makes a database for each turn; null: SQLite. */
  readonly postgresUrl: string | null;
  readonly jsonPath: string | null;
  /** A directory for CPU profiles; null: measure, do not profile. */
  readonly profileDirectory: string | null;
  readonly wantsHelp: boolean;
}

export const HELP = `Usage: npm run bench -- [options]
  --connections 32,128   how many connections, one run of everything for each
  --loads steady,backlog,batched
  --seconds 8            length of the steady and the batched load
  --warm-up-seconds 12   V8 compiles the hot functions of ours for about as long
  --rounds 3             how often each server gets its turn
  --backlog 20000        tasks of the backlog load
  --batch 20             tasks per call of the batched load
  --shared-worker        one worker for all connections instead of one each
  --only ours|peer
  --postgres URL         ours on this PostgreSQL server instead of SQLite; its user may create databases
  --json FILE            every measurement, for machines
  --profile              one steady load with a CPU profile instead of the comparison: where the server's time goes
  --profile-directory bench/dist/profiles
`;

/** @throws Error that names the option and its value */
export function parseOptions(parameters: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      connections: { type: 'string', default: '32,128' },
      loads: { type: 'string', default: LOAD_NAMES.join(',') },
      seconds: { type: 'string', default: '8' },
      'warm-up-seconds': { type: 'string', default: '12' },
      rounds: { type: 'string', default: '3' },
      backlog: { type: 'string', default: '20000' },
      batch: { type: 'string', default: '20' },
      'shared-worker': { type: 'boolean', default: false },
      only: { type: 'string', default: TARGET_NAMES.join(',') },
      postgres: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'boolean', default: false },
      'profile-directory': { type: 'string', default: 'bench/dist/profiles' },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    connections: values.connections.split(',').map((text) => wholeNumber('connections', text, 10_000)),
    loads: values.loads.split(',').map((text) => oneOf('loads', text, LOAD_NAMES)),
    targets: values.only.split(',').map((text) => oneOf('only', text, TARGET_NAMES)),
    seconds: positiveNumber('seconds', values.seconds),
    warmUpSeconds: positiveNumber('warm-up-seconds', values['warm-up-seconds']),
    rounds: wholeNumber('rounds', values.rounds, 1000),
    backlogSize: wholeNumber('backlog', values.backlog, 10_000_000),
    batchSize: wholeNumber('batch', values.batch, 100),
    isWorkerShared: values['shared-worker'],
    postgresUrl: values.postgres ?? null,
    jsonPath: values.json ?? null,
    profileDirectory: values.profile ? values['profile-directory'] : null,
    wantsHelp: values.help,
  };
}

function positiveNumber(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new Error(`--${option}: ${JSON.stringify(text)} is not a number above 0.`);
  return value;
}

function wholeNumber(option: string, text: string, maximum: number): number {
  const value = positiveNumber(option, text);
  if (!Number.isInteger(value) || value > maximum)
    throw new Error(`--${option}: ${JSON.stringify(text)} is not a whole number from 1 to ${maximum}.`);
  return value;
}

function oneOf<Name extends string>(option: string, text: string, names: readonly Name[]): Name {
  const name = names.find((candidate) => candidate === text);
  if (name === undefined) throw new Error(`--${option}: ${JSON.stringify(text)} is none of ${names.join(', ')}.`);
  return name;
}
