import { ProblemError } from '@joblib/contract';
import type { QueryRunner } from 'typeorm';

import type { AGAIN, Operation, Outcome } from './operation.js';
import { Transaction } from './session.js';
import type { Executor } from './session.js';
import type { TellingTurn } from './telling-order.js';

/** Somebody who waits for what becomes of an input of an operation. */
export interface Waiting {
  readonly operation: Operation<unknown, unknown>;
  readonly input: unknown;
  readonly settle: (outcome: Exclude<Outcome<unknown>, typeof AGAIN>) => void;
}

/** What a group did in its transaction, and what it wants told after the commit, in the order of its kinds. */
export interface Performed extends Pick<Transaction, 'events' | 'topics' | 'offers' | 'followUps'> {
  readonly outcomes: readonly (readonly [Waiting, Outcome<unknown>])[];
  readonly hasWritten: boolean;
}

/**
 * Performs all operations of a group, all inputs of a kind together. Kinds of the same rank ask a remote database at the same time.
 * @param nothingFollows sends the COMMIT; left to a group in which each kind can come behind another, without pieces of work that know
 *   nothing of each other.
 */
export async function performGroup(
  executor: Executor,
  queryRunner: QueryRunner,
  group: readonly Waiting[],
  turn: TellingTurn,
  nothingFollows?: () => void,
): Promise<Performed> {
  // With the database in this process one transaction follows another: nothing can be told crosswise.
  const remoteTurn = executor.isRemote ? turn : undefined;
  const perform = (waiting: readonly Waiting[], goOn?: () => void): Promise<Performed> =>
    performKind(new Transaction(executor, queryRunner, remoteTurn, goOn), waiting);
  const ranks = rankedKinds(group);
  const isRow = ranks.every(([kind, ...others]) => others.length === 0 && kind?.[0]?.operation !== PIECES_OF_WORK);
  if (isRow && nothingFollows !== undefined) {
    const commit = (): void => {
      turn.goAhead();
      nothingFollows();
    };
    return together(await performInRow(ranks.flat(), perform, commit));
  }
  const parts: Performed[] = [];
  for (const kinds of ranks) {
    if (executor.isRemote) parts.push(...(await allOrFirstFailure(kinds.map((waiting) => perform(waiting)))));
    else for (const waiting of kinds) parts.push(await perform(waiting));
  }
  return together(parts);
}

/** Each kind begins when the one before has ended, or says that nothing follows of it. */
async function performInRow(
  kinds: readonly (readonly Waiting[])[],
  perform: (waiting: readonly Waiting[], goOn: () => void) => Promise<Performed>,
  commit: () => void,
): Promise<Performed[]> {
  const begun: Promise<Performed>[] = [];
  const begin = (place: number): void => {
    const kind = kinds[place];
    if (kind === undefined) return commit();
    const performing = perform(kind, () => begin(place + 1));
    // It may fail before anybody waits for it; it is waited for below.
    performing.catch(() => undefined);
    begun[place] = performing;
  };
  while (begun.length < kinds.length) {
    begin(begun.length);
    // Also what begins meanwhile is over before anybody hears of a failure.
    for (let count = 0; count < begun.length;) {
      count = begun.length;
      await Promise.allSettled(begun);
    }
    await Promise.all(begun);
  }
  return Promise.all(begun);
}

function together(parts: readonly Performed[]): Performed {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const events = parts.flatMap((part) => part.events);
  const offers = new Map(parts.flatMap((part) => [...part.offers]));
  // Nobody is woken for what the same group has handed out.
  for (const { name, payload } of events) if (name === 'task_status_event' && payload.status !== 'pending') offers.delete(payload.id);
  return {
    outcomes: parts.flatMap(({ outcomes }) => outcomes),
    events,
    topics: parts.flatMap(({ topics }) => topics),
    offers,
    followUps: parts.flatMap(({ followUps }) => followUps),
    hasWritten: parts.some(({ hasWritten }) => hasWritten),
  };
}

/** The inputs by kind, and the kinds by rank. */
function rankedKinds(group: readonly Waiting[]): Waiting[][][] {
  const ranks: Map<Waiting['operation'], Waiting[]>[] = [];
  for (const one of group) {
    const kinds = (ranks[one.operation.rank] ??= new Map<Waiting['operation'], Waiting[]>());
    const sameKind = kinds.get(one.operation);
    if (sameKind === undefined) kinds.set(one.operation, [one]);
    else sameKind.push(one);
  }
  return ranks.filter(Boolean).map((kinds) => [...kinds.values()]);
}

async function performKind(transaction: Transaction, waiting: readonly Waiting[]): Promise<Performed> {
  const operation = waiting[0]?.operation;
  const answered = (await operation?.perform(
    transaction,
    waiting.map(({ input }) => input),
  )) as Outcome<unknown>[];
  const { events, topics, offers, followUps, writeCount } = transaction;
  return {
    outcomes: waiting.map((one, index) => [
      one,
      answered[index] ?? { refusal: new Error(`${one.operation.name} left an input unanswered`) },
    ]),
    events,
    topics,
    offers,
    followUps,
    hasWritten: writeCount > 0,
  };
}

/** Nothing is left running in a transaction that is about to be rolled back. */
async function allOrFirstFailure<T>(attempts: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(attempts);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

/** Runs pieces of work one after another. One that throws before it has written anything is refused alone; later, all is rolled back. */
export const PIECES_OF_WORK: Operation<(transaction: Transaction) => Promise<unknown>, unknown> = {
  name: 'run',
  rank: 0,
  async perform(transaction, pieces) {
    const outcomes: Outcome<unknown>[] = [];
    for (const work of pieces) {
      const { writeCount } = transaction;
      try {
        outcomes.push({ value: await work(transaction) });
      } catch (error) {
        if (transaction.writeCount !== writeCount || !(error instanceof ProblemError)) throw error;
        outcomes.push({ refusal: error });
      }
    }
    return outcomes;
  },
};
