import { setImmediate as turn } from 'node:timers/promises';

/** Lets the event loop go round `count` times. */
export async function turns(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await turn();
}

/** Starts both; a negative `gap` starts the second that many turns of the event loop ahead, a positive one behind the first. */
export async function race<A, B>(gap: number, first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  return Promise.all([turns(Math.max(0, -gap)).then(first), turns(Math.max(0, gap)).then(second)]);
}
