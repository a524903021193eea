import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { isOnPostgres } from '../support/test-database.js';
import { COMMANDS, begin } from './commands.js';
import { JoblibModel } from './joblib-model.js';
import { World } from './world.js';

/** As many sequences as meet everything in `SEEN`. */
const ENOUGH_RUNS = 200;
/** `JOBLIB_MODEL_RUNS` asks for more. */
const RUNS = isOnPostgres ? 24 : ENOUGH_RUNS;
const MAX_COMMANDS = 60;

const env = process.env;
const runs = Number(env['JOBLIB_MODEL_RUNS'] ?? RUNS);
/** Printed with the test's name; a failure prints the path to the shortest sequence as well. */
const seed = Number(env['JOBLIB_MODEL_SEED'] ?? Math.trunc(Math.random() * 0x7fffffff));
const path = env['JOBLIB_MODEL_PATH'];
const replayPath = env['JOBLIB_MODEL_REPLAY_PATH'];

/** What must not be missing, or the sequences prove little. */
const SEEN = [
  ...['createWorker 201', 'heartbeat 200', 'heartbeat 403', 'heartbeat 404', 'removeWorker 204', 'removeWorker 404'],
  ...['register 200', 'register 201', 'register 403', 'register 404', 'register 409'],
  ...['submit 202', 'submit 404', 'submitBatch 202', 'submitBatch 404', 'resend 200', 'resend 422', 'resendBatch 200'],
  ...['claim something', 'claim nothing', 'claim 403', 'claim 404', 'reportMany 200'],
  ...['report running 200', 'report completed 200', 'report failed 200', 'report cancelled 200', 'report 403', 'report 404', 'report 409'],
  ...['task 200', 'task 404', 'tasksOfJob 200', 'tasksOfJob 404', 'sweep workers', 'sweep expiredTasks', 'putBack something', 'restart'],
];

describe('sequences of calls', () => {
  const tally = new Map<string, number>();
  let world: World;
  beforeAll(async () => {
    world = await World.start(tally);
  });
  afterAll(() => world.close());

  it(`end as a small model of the contract foretells, call by call (JOBLIB_MODEL_SEED=${seed}, ${runs} runs)`, async () => {
    const sequence = fc.commands(COMMANDS, { maxCommands: MAX_COMMANDS, size: 'max', ...(replayPath === undefined ? {} : { replayPath }) });
    const property = fc.asyncProperty(sequence, async (commands) => {
      await world.empty();
      const model = new JoblibModel(() => world.now());
      await begin(model, world);
      await fc.asyncModelRun(() => ({ model, real: world }), commands);
    });
    await fc.assert(property, { seed, numRuns: runs, verbose: fc.VerbosityLevel.Verbose, ...(path === undefined ? {} : { path }) });
    if (env['JOBLIB_MODEL_TALLY'] !== undefined)
      console.info(
        [...tally]
          .sort()
          .map(([what, count]) => `${what}: ${count}`)
          .join('\n'),
      );
    if (path === undefined && runs >= ENOUGH_RUNS) expect(SEEN.filter((what) => !tally.has(what))).toEqual([]);
  }, 1_800_000);
});
