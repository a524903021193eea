import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';

import { JoblibStats } from '@joblib/nestjs';

import type { JoblibApp } from './joblib-app.js';

/** When a test gives up waiting for something that should have happened long ago. */
const PATIENCE_MS = 120_000;

/** What takes longer than so many turns of the event loop is not hurried by looking all the time. */
const EAGER_LOOKS = 50;
const PAUSE_MS = 3;

/** Lets the event loop go on until the condition holds. @throws Error naming `what` never came. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (let looks = 1; !(await condition()); looks += 1) {
    if (performance.now() > giveUpAt) throw new Error(`This never happened: ${what}.`);
    await (looks < EAGER_LOOKS ? turn() : pause(PAUSE_MS));
  }
}

/** Resolves when exactly `count` claims are held. */
export function claimsHeld({ app }: Pick<JoblibApp, 'app'>, count: number): Promise<void> {
  return until(`${count} held claims`, () => app.get(JoblibStats).snapshot().heldClaims === count);
}

/** Resolves when exactly `count` long polls are held. */
export function pollsHeld({ app }: Pick<JoblibApp, 'app'>, count: number): Promise<void> {
  return until(`${count} held polls`, () => app.get(JoblibStats).snapshot().heldPolls === count);
}
