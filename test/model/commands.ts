import * as fc from 'fast-check';

import type { JoblibModel } from './joblib-model.js';
import { step } from './step.js';
import type { Step } from './step.js';
import { resend, submit, submitBatch } from './submission-commands.js';
import { claim, look, report, reportMany } from './task-commands.js';
import { SCHEMAS, createWorker, heartbeat, register, removeWorker } from './worker-commands.js';
import type { World } from './world.js';

/** Workers vanish when time passes without a heartbeat. */
const advance = step('advance', fc.constantFrom(1, 10, 29, 31, 31, 31, 61, 61, 601, 86_401), async (seconds, _model, world) =>
  world.advance(seconds),
);

const sweep = step('sweep', fc.constant(null), async (_details, model, world) => {
  const swept = await world.sweeper.sweepOnce();
  const expected = model.sweep();
  world.expectSame(swept, { ...expected, stuckInternalTasks: 0, expiredDeliveries: 0 });
  for (const [what, count] of Object.entries(expected)) if (count > 0) world.count(`sweep ${what}`);
});

const putBack = step('putBack', fc.constant(null), async (_details, model, world) => {
  const expected = model.putBackUnstarted();
  world.expectSame(await world.sweeper.putBackUnstarted(), expected);
  if (expected > 0) world.count('putBack something');
});

const restart = step('restart', fc.constant(null), async (_details, _model, world) => {
  await world.restart();
  world.count('restart');
});

/** What every sequence begins with: jobs, workers of two users that serve them, and something to do. */
export async function begin(model: JoblibModel, world: World): Promise<void> {
  for (const [name, fullName] of [
    ['alice', 'lab:modifiers:Private'],
    ['root', '@global:modifiers:Shared'],
    ['bob', 'lab:modifiers:Private'],
  ] as const) {
    const { body } = await world.user(name).register(fullName, { schema: SCHEMAS[0] ?? {} });
    model.register(name, fullName, SCHEMAS[0] ?? {}, null, body);
  }
  const { body } = await world.user('alice').submit('lab', 'lab:modifiers:Private', { n: 1 });
  model.submit('alice', 'lab', 'lab:modifiers:Private', [{ n: 1 }], { key: null, isBatch: false }, [body.id]);
}

/** Everything that may happen, the usual more often. */
export const COMMANDS: fc.Arbitrary<Step>[] = [
  createWorker,
  ...Array.from({ length: 3 }, () => register),
  ...Array.from({ length: 5 }, () => submit),
  ...Array.from({ length: 2 }, () => submitBatch),
  ...Array.from({ length: 2 }, () => resend),
  ...Array.from({ length: 6 }, () => claim),
  ...Array.from({ length: 8 }, () => report),
  ...Array.from({ length: 2 }, () => reportMany),
  look,
  heartbeat,
  removeWorker,
  ...Array.from({ length: 3 }, () => advance),
  ...Array.from({ length: 2 }, () => sweep),
  ...Array.from({ length: 2 }, () => putBack),
  restart,
];
