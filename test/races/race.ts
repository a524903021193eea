import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import { JoblibStats } from '@joblib/nestjs';

import type { JoblibApp } from '../support/joblib-app.js';

/** When a test gives up waiting for something that should have happened long ago. */
const PATIENCE_MS = 10_000;

/** Lets the event loop go on until the condition holds. @throws Error naming `what` never came. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`This never happened: ${what}.`);
    await turn();
  }
}

/** Lets the event loop go round `count` times. */
export async function turns(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await turn();
}

/** Starts both; a negative `gap` starts the second that many turns of the event loop ahead, a positive one behind the first. */
export async function race<A, B>(gap: number, first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  return Promise.all([turns(Math.max(0, -gap)).then(first), turns(Math.max(0, gap)).then(second)]);
}

/** A path for a database file in a folder of its own, and the function that removes the folder. */
export async function databaseFile(): Promise<{ path: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'joblib-'));
  return { path: join(folder, 'joblib.sqlite'), remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Resolves when exactly `count` claims are held. */
export function claimsHeld({ app }: JoblibApp, count: number): Promise<void> {
  return until(`${count} held claims`, () => app.get(JoblibStats).snapshot().heldClaims === count);
}

/** Resolves when exactly `count` long polls are held. */
export function pollsHeld({ app }: JoblibApp, count: number): Promise<void> {
  return until(`${count} held polls`, () => app.get(JoblibStats).snapshot().heldPolls === count);
}
