import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { quiet } from '../fake-service-clock.fixture.js';
import type { Mood } from '../fake-service.fixture.js';
import { InvalidState } from '../service-errors.js';
import type { ServiceState } from '../service-state.js';
import { SupervisorScene } from './supervisor-scene.fixture.js';

const env = process.env;
const runs = Number(env['JOBLIB_MODEL_RUNS'] ?? 300);
/** Printed with the test's name. */
const seed = Number(env['JOBLIB_MODEL_SEED'] ?? Math.trunc(Math.random() * 0x7fffffff));
const MAX_COMMANDS = 40;
const MAX_ROUNDS = 10;

/** Longer than anything may take: every attempt, every retry, every grace. */
const LONG_SECONDS = 1000;
const MAX_RESTARTS = 3;
const POLICY = {
  startTimeoutSeconds: 10,
  stopTimeoutSeconds: 4,
  healthIntervalSeconds: 5,
  healthTimeoutSeconds: 2,
  unhealthyThreshold: 2,
  maxRestarts: MAX_RESTARTS,
  restartWindowSeconds: 60,
  maxRetries: 0,
  forceTimeoutSeconds: 3,
} as const;

/** The documented words, a second time: what each verb is for, and the state it aims at. */
const VERBS: Readonly<Record<'start' | 'stop' | 'restart', { readonly from: readonly ServiceState[]; readonly to: ServiceState }>> = {
  start: { from: ['initialized', 'stopped'], to: 'starting' },
  stop: { from: ['starting', 'running'], to: 'stopping' },
  restart: { from: ['initialized', 'running', 'stopped', 'failed'], to: 'starting' },
};
const STEPS = new Set([
  ...['initialized -> starting', 'starting -> running', 'running -> stopping', 'stopping -> stopped', 'stopped -> initialized'],
  ...['starting -> failed', 'stopping -> failed', 'failed -> initialized'],
]);

type Verb = keyof typeof VERBS;

/** What is expected of the service, next to the real one. */
interface Model {
  /** Something was left that neither force nor cleaning up could end, or that may still come. */
  mayBeLeft: boolean;
}

interface Real {
  readonly scene: SupervisorScene;
  readonly calls: Promise<void>[];
  openCalls: number;
  readonly tally: Map<string, number>;
}

/** One step; what must always hold is looked at after it. */
class Step implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly text: string,
    private readonly act: (model: Model, real: Real) => Promise<void>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    await quiet();
    expectSound(model, real);
  }

  toString(): string {
    return this.text;
  }
}

function expectSound(model: Model, { scene, openCalls }: Real): void {
  const { state, health, startedAt } = scene.status;
  const isActive = ['starting', 'running', 'stopping'].includes(state);
  expect(scene.moves.filter((move) => !STEPS.has(move))).toEqual([]);
  expect([health !== 'unknown', startedAt !== null].filter(Boolean).length === 0 || state === 'running').toBe(true);
  if (state === 'running') expect(scene.taken).toBe(2);
  if (!isActive) expect({ taken: scene.taken, timers: scene.clock.timerCount, openCalls }).toEqual({ taken: 0, timers: 0, openCalls: 0 });
  if (!model.mayBeLeft) expect(scene.service.aliveCount).toBeLessThanOrEqual(isActive ? 1 : 0);
}

function call(verb: Verb): Step {
  return new Step(verb, async (_model, real) => {
    const { scene, tally } = real;
    const before = scene.state as ServiceState;
    const expected = expectedAfter(verb, before, scene.service.mood);
    const work = scene[verb]();
    const isAllowed = VERBS[verb].from.includes(before);
    if (isAllowed) {
      real.openCalls += 1;
      const settled = (): void => void (real.openCalls -= 1);
      real.calls.push(work.then(settled, settled));
      await quiet();
      if (expected !== null) expect(`${verb} from ${before}: ${scene.state}`).toBe(`${verb} from ${before}: ${expected}`);
    } else {
      const error = await work.then(
        () => null,
        (refusal: unknown) => refusal,
      );
      expect(error).toEqual(new InvalidState('fake', before, VERBS[verb].to));
      expect(scene.state).toBe(before);
    }
    count(tally, `${verb} ${isAllowed ? 'allowed' : 'refused'} in ${before}`);
  });
}

/** Where it is when nothing more can happen without time passing; `null` where that depends on more than the mood. */
function expectedAfter(verb: Verb, before: ServiceState, mood: Mood): ServiceState | null {
  if (verb === 'stop') return before === 'running' ? afterStop(mood) : null;
  if (before !== 'running') return afterStart(mood);
  const down = afterStop(mood);
  return down === 'stopped' ? afterStart(mood) : down;
}

function afterStart({ start, health }: Mood): ServiceState | null {
  if (start === 'ok') return health === 'healthy' ? 'running' : 'starting';
  return start === 'throw' ? null : 'starting';
}

function afterStop({ stop, forceStop, cleanup }: Mood): ServiceState {
  const verbs = stop === 'throw' ? [stop, forceStop, cleanup].slice(1) : [stop, cleanup];
  if (verbs.includes('hang')) return 'stopping';
  return verbs.includes('throw') ? 'failed' : 'stopped';
}

const reset = new Step('reset', async (_model, { scene, tally }) => {
  const before = scene.state as ServiceState;
  if (before === 'failed' || before === 'stopped') {
    scene.supervisor.reset('fake');
    expect(scene.state).toBe('initialized');
  } else {
    expect(() => scene.supervisor.reset('fake')).toThrow(new InvalidState('fake', before, 'initialized').message);
    expect(scene.state).toBe(before);
  }
  count(tally, `reset in ${before}`);
});

function feel(change: Partial<Mood>): Step {
  return new Step(`mood ${JSON.stringify(change)}`, async (model, { scene }) => {
    Object.assign(scene.service.mood, change);
    const { start, forceStop, cleanup } = scene.service.mood;
    if (start === 'deaf' || forceStop !== 'ok' || cleanup !== 'ok') model.mayBeLeft = true;
  });
}

function advance(seconds: number): Step {
  return new Step(`advance ${seconds}`, async (_model, { scene }) => scene.clock.advance(seconds));
}

function exit(exitCode: number): Step {
  return new Step(`exit ${exitCode}`, async (_model, { scene, tally }) => {
    const before = scene.state;
    scene.service.exit({ exitCode });
    await quiet();
    const { cleanup, forceStop } = scene.service.mood;
    if (before !== 'running' || scene.service.calls.at(-1) === 'health') return;
    count(tally, `exit ${exitCode}`);
    if (exitCode === 0 && cleanup === 'ok' && forceStop === 'ok') expect(['stopped', 'running']).toContain(scene.state);
  });
}

function count(tally: Map<string, number>, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

const faults = ['ok', 'ok', 'throw', 'hang'] as const;
const COMMANDS = [
  fc.constantFrom<Verb>('start', 'start', 'stop', 'restart').map(call),
  fc.constant(reset),
  fc.constantFrom(0.1, 1, 3, 5, 11, 30).map(advance),
  fc.constantFrom(0, 1).map(exit),
  fc.constantFrom(...faults, 'deaf' as const).map((start) => feel({ start })),
  fc.constantFrom(...(['healthy', 'healthy', 'unhealthy', 'unknown', 'throw', 'hang'] as const)).map((health) => feel({ health })),
  fc.constantFrom(...faults).map((stop) => feel({ stop })),
  fc.constantFrom(...faults).map((forceStop) => feel({ forceStop })),
  fc.constantFrom(...faults).map((cleanup) => feel({ cleanup })),
  fc.constant(feel({ start: 'ok', health: 'healthy', stop: 'ok', forceStop: 'ok', cleanup: 'ok' })),
];

/** What must not be missing, or the sequences prove little. */
const SEEN = [
  ...['start allowed in initialized', 'start allowed in stopped', 'start refused in starting', 'start refused in running'],
  ...['start refused in stopping', 'start refused in failed', 'stop allowed in starting', 'stop allowed in running'],
  ...['stop refused in initialized', 'stop refused in stopping', 'stop refused in stopped', 'stop refused in failed'],
  ...['restart allowed in running', 'restart allowed in failed', 'restart refused in starting', 'restart refused in stopping'],
  ...['reset in failed', 'reset in stopped', 'reset in running', 'exit 0', 'exit 1', ...STEPS],
];

describe('sequences of verbs, faults and time', () => {
  it(`never break what a supervisor promises (JOBLIB_MODEL_SEED=${seed}, ${runs} runs)`, async () => {
    const tally = new Map<string, number>();
    const property = fc.asyncProperty(fc.commands(COMMANDS, { maxCommands: MAX_COMMANDS, size: 'max' }), async (commands) => {
      const scene = new SupervisorScene(POLICY);
      const real: Real = { scene, calls: [], openCalls: 0, tally };
      await fc.asyncModelRun(() => ({ model: { mayBeLeft: false }, real }), commands);
      const closed = scene.supervisor[Symbol.asyncDispose]();
      await scene.clock.advance(LONG_SECONDS);
      await Promise.all([closed, ...real.calls]);
      expect(['initialized', 'stopped', 'failed']).toContain(scene.state);
      expect([scene.taken, scene.clock.timerCount]).toEqual([0, 0]);
      for (const move of scene.moves) count(tally, move);
    });
    const missing = (): string[] => (runs < 300 ? [] : SEEN.filter((what) => !tally.has(what)));
    // Now and then a seed meets one of the rare ones not at all.
    for (let round = 0; round === 0 || (missing().length > 0 && round < MAX_ROUNDS); round += 1) {
      await fc.assert(property, { seed: seed + round, numRuns: runs, verbose: fc.VerbosityLevel.Verbose });
    }
    expect(missing()).toEqual([]);
  });
});
