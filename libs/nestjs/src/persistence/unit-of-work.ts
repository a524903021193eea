import { Inject, Injectable, Logger } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { RoomEvent, TaskStatus } from '@joblib/contract';

import { EVENT_PUBLISHER, SESSION_MAKER, WAKE_UPS } from '../ports/index.js';
import type { EventPublisher, SessionMaker, WakeUps } from '../ports/index.js';
import { translateDatabaseError } from './database-errors.js';
import { executorFor } from './executors.js';
import type { Operation, Outcome } from './operation.js';
import { OutageLog } from './outage-log.js';
import { Session, Transaction } from './session.js';
import { withoutRepeats } from './without-repeats.js';

interface Waiting {
  readonly operation: Operation<unknown, unknown>;
  readonly input: unknown;
  readonly settle: (outcome: Outcome<unknown>) => void;
}

/** What a transaction did, and what it wants told. */
interface Committed {
  readonly outcomes: readonly [Waiting, Outcome<unknown>][];
  readonly events: readonly RoomEvent[];
  readonly topics: readonly string[];
  /** A full disk commits what changes nothing. */
  readonly hasWritten: boolean;
}

/** What one flush takes on, in rows: it is the longest time that nobody else is served. */
const MAX_FLUSH_WEIGHT = 256;

/**
 * Group commit, and the only caller of the event publisher. Callers enqueue operations; once per turn of the event loop one
 * transaction runs all that wait. Then: commit, publish what it tells, wake who waits for it, answer the callers.
 * @see docs/adr/0002-group-commit.md
 */
@Injectable()
export class UnitOfWork {
  readonly #logger = new Logger('UnitOfWork');
  readonly #waiting: Waiting[] = [];
  #isFlushing = false;
  readonly #taskChanges: Record<TaskStatus, number> = { pending: 0, claimed: 0, running: 0, completed: 0, failed: 0, cancelled: 0 };
  readonly #outages = new OutageLog(this.#logger);
  #flushes = 0;
  #flushedOperations = 0;

  constructor(
    @Inject(SESSION_MAKER) private readonly sessionMaker: SessionMaker,
    @Inject(EVENT_PUBLISHER) private readonly publisher: EventPublisher,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  /** How many transactions were committed, how many operations they carried, and which task events they told. */
  get counts(): { flushesTotal: number; flushedOperationsTotal: number; taskChangesTotal: Readonly<Record<TaskStatus, number>> } {
    return { flushesTotal: this.#flushes, flushedOperationsTotal: this.#flushedOperations, taskChangesTotal: { ...this.#taskChanges } };
  }

  /**
   * Resolves after the commit of the transaction that carried the operation.
   * @throws ProblemError what the operation refuses with, or `DatabaseUnavailable`; then nothing was changed.
   */
  perform<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    return new Promise<Output>((resolve, reject) => {
      const settle = (outcome: Outcome<unknown>): void => {
        if ('refusal' in outcome) reject(outcome.refusal);
        else resolve(outcome.value as Output);
      };
      this.#waiting.push({ operation: operation, input, settle });
      this.#schedule();
    });
  }

  /** One piece of work that nobody else does at the same time, in (its share of) a transaction. Throwing changes nothing. */
  run<Output>(work: (transaction: Transaction) => Promise<Output>): Promise<Output> {
    return this.perform(PIECES_OF_WORK, work) as Promise<Output>;
  }

  /** @throws ProblemError `DatabaseUnavailable`. */
  async read<Output>(work: (session: Session) => Promise<Output>): Promise<Output> {
    try {
      return await this.sessionMaker.read(async (queryRunner) => work(new Session(await executorFor(queryRunner), queryRunner)));
    } catch (error) {
      const refusal = translateDatabaseError(error);
      if (isUnavailability(refusal)) this.#outages.began(refusal.message);
      throw refusal;
    }
  }

  #schedule(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => void this.#flushAll());
  }

  async #flushAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#flush(this.#waiting.splice(0, lightEnough(this.#waiting)));
      // Between two groups the event loop gets its turn: sockets are read, and what arrived joins the next group.
      await new Promise(setImmediate);
    }
    this.#isFlushing = false;
  }

  async #flush(group: readonly Waiting[]): Promise<void> {
    let committed: Committed;
    try {
      committed = await this.#commit(group);
    } catch (error) {
      await this.#refuse(group, translateDatabaseError(error) as Error);
      return;
    }
    if (committed.hasWritten) this.#outages.ended();
    this.#tell(committed);
    for (const [waiting, outcome] of committed.outcomes) waiting.settle(outcome);
  }

  async #commit(group: readonly Waiting[]): Promise<Committed> {
    const committed = await this.sessionMaker.transaction(async (queryRunner) => {
      const transaction = new Transaction(await executorFor(queryRunner), queryRunner);
      const outcomes = await performAll(transaction, group);
      return { outcomes, events: transaction.events, topics: transaction.topics, hasWritten: transaction.writeCount > 0 };
    });
    this.#flushes += 1;
    this.#flushedOperations += group.length;
    return committed;
  }

  async #refuse(group: readonly Waiting[], refusal: Error): Promise<void> {
    if (isUnavailability(refusal)) this.#outages.began(refusal.message);
    else if (group.length > 1) {
      // A bad operation fails alone.
      for (const waiting of group) await this.#flush([waiting]);
      return;
    }
    for (const { settle } of group) settle({ refusal });
  }

  /** Nothing that goes wrong here undoes what is committed, or keeps an answer back. */
  #tell({ events, topics }: Committed): void {
    if (events.length > 0) void this.#publish(withoutRepeats(events));
    for (const topic of topics) {
      try {
        this.wakeUps.notify(topic);
      } catch (error) {
        this.#logger.error(`Waking who waits for '${topic}' failed: ${String(error)}`);
      }
    }
  }

  async #publish(events: readonly RoomEvent[]): Promise<void> {
    for (const event of events) if (event.name === 'task_status_event') this.#taskChanges[event.payload.status] += 1;
    try {
      await this.publisher.publish(events);
    } catch (error) {
      this.#logger.error(`${events.length} event(s) could not be published: ${String(error)}`);
    }
  }
}

/** How many of those that wait go into the next flush; at least one, however heavy. */
function lightEnough(waiting: readonly Waiting[]): number {
  let weight = 0;
  for (const [index, { operation, input }] of waiting.entries()) {
    weight += operation.weigh?.(input) ?? 1;
    if (weight > MAX_FLUSH_WEIGHT) return Math.max(index, 1);
  }
  return waiting.length;
}

function isUnavailability(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem === 'DatabaseUnavailable';
}

async function performAll(transaction: Transaction, group: readonly Waiting[]): Promise<[Waiting, Outcome<unknown>][]> {
  const outcomes: [Waiting, Outcome<unknown>][] = [];
  const byOperation = new Map<Waiting['operation'], Waiting[]>();
  for (const one of group) {
    const sameKind = byOperation.get(one.operation);
    if (sameKind === undefined) byOperation.set(one.operation, [one]);
    else sameKind.push(one);
  }
  for (const [operation, waiting] of byOperation) {
    const answered = await operation.perform(
      transaction,
      waiting.map(({ input }) => input),
    );
    waiting.forEach((one, index) =>
      outcomes.push([one, answered[index] ?? { refusal: new Error(`${operation.name} left an input unanswered`) }]),
    );
  }
  return outcomes;
}

/** Runs pieces of work one after another. One that throws before it has written anything is refused alone; later, all is rolled back. */
const PIECES_OF_WORK: Operation<(transaction: Transaction) => Promise<unknown>, unknown> = {
  name: 'run',
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
