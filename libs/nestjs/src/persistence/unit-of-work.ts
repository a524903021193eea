import { Inject, Injectable, Logger } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import type { RoomEvent, TaskStatus } from '@joblib/contract';

import { EVENT_PUBLISHER, SESSION_MAKER, WAKE_UPS } from '../ports/index.js';
import type { EventPublisher, SessionMaker, WakeUps } from '../ports/index.js';
import { isConflict, translateDatabaseError } from './database-errors.js';
import { executorFor } from './executors.js';
import { AGAIN } from './operation.js';
import type { Operation } from './operation.js';
import { OutageLog } from './outage-log.js';
import { PIECES_OF_WORK, performGroup } from './perform-group.js';
import type { Performed, Waiting } from './perform-group.js';
import { Session } from './session.js';
import type { Transaction } from './session.js';
import { TellingOrder } from './telling-order.js';
import type { TellingTurn } from './telling-order.js';
import { withoutRepeats } from './without-repeats.js';

/** What one flush takes on, in rows: with a database in this process it is the longest time that nobody else is served. */
const MAX_FLUSH_WEIGHT = { local: 256, remote: 1024 };

/**
 * Turns of the event loop between two groups: answers leave, sockets are read, and what arrives joins the next group. What the answers of the
 * last one bring does too, and the more come together the less each pays for the commit. Behind somebody who came alone there is one turn.
 */
const TURNS_BETWEEN_GROUPS = 6;

/** How often an operation is tried again after it lost against another server's. */
const MAX_CONFLICTS = 5;

/**
 * Group commit, and the only caller of the event publisher. Callers enqueue operations; from one turn of the event loop to the next, or
 * to the end of the last group, they gather, and one transaction runs all that wait. Then: commit, publish what it tells, wake who waits for it, answer the callers.
 * @see docs/adr/0002-group-commit.md
 */
@Injectable()
export class UnitOfWork {
  readonly #logger = new Logger('UnitOfWork');
  readonly #ordered = new Lane();
  readonly #unordered = new Lane();
  readonly #tellingOrder = new TellingOrder();
  #isRemote = false;
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
      const settle: Waiting['settle'] = (outcome) => {
        if ('refusal' in outcome) reject(outcome.refusal);
        else resolve(outcome.value as Output);
      };
      const lane = operation.isUnordered === true && this.#isRemote ? this.#unordered : this.#ordered;
      lane.waiting.push({ operation: operation, input, settle });
      this.#schedule(lane);
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

  /**
   * Publishes what belongs to no change of the database: a read that is on its way to its provider, a result that is cached.
   * @throws what the publisher rejects with.
   */
  async announce(...events: RoomEvent[]): Promise<void> {
    await this.publisher.publish(withoutRepeats(events));
  }

  #schedule(lane: Lane): void {
    if (lane.isFlushing) return;
    lane.isFlushing = true;
    setImmediate(() => void this.#flushAll(lane));
  }

  async #flushAll(lane: Lane): Promise<void> {
    while (lane.waiting.length > 0) {
      const group = lane.waiting.splice(0, lightEnough(lane.waiting, MAX_FLUSH_WEIGHT[this.#isRemote ? 'remote' : 'local']));
      await this.#flush(group);
      const turns = group.length > 1 ? TURNS_BETWEEN_GROUPS : 1;
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    }
    lane.isFlushing = false;
  }

  /** @param mayCloseEarly whether operations may have the COMMIT sent before they know what they have done. */
  async #flush(group: readonly Waiting[], conflicts = 0, mayCloseEarly = true): Promise<void> {
    const turn = this.#tellingOrder.begin();
    let committed: Performed;
    try {
      committed = await this.#commit(group, turn, mayCloseEarly);
    } catch (error) {
      turn.end();
      if (isConflict(error) && conflicts < MAX_CONFLICTS) await this.#flushOneByOne(group, conflicts + 1);
      else await this.#refuse(group, translateDatabaseError(error) as Error);
      return;
    }
    if (committed.hasWritten) this.#outages.ended();
    if (this.#isRemote) await turn.comesUp();
    this.#tell(committed);
    turn.end();
    const undecided: Waiting[] = [];
    for (const [waiting, outcome] of committed.outcomes) {
      if (outcome === AGAIN) undecided.push(waiting);
      else waiting.settle(outcome);
    }
    if (undecided.length > 0) await this.#flush(undecided, 0, false);
  }

  async #commit(group: readonly Waiting[], turn: TellingTurn, mayCloseEarly: boolean): Promise<Performed> {
    const committed = await this.sessionMaker.transaction(async (queryRunner, nothingFollows) => {
      const executor = await executorFor(queryRunner);
      this.#isRemote = executor.isRemote;
      return performGroup(executor, queryRunner, group, turn, mayCloseEarly ? nothingFollows : undefined);
    });
    this.#flushes += 1;
    this.#flushedOperations += group.length;
    return committed;
  }

  async #refuse(group: readonly Waiting[], refusal: Error): Promise<void> {
    if (isUnavailability(refusal)) this.#outages.began(refusal.message);
    else if (group.length > 1) {
      // A bad operation fails alone.
      await this.#flushOneByOne(group, 0);
      return;
    }
    for (const { settle } of group) settle({ refusal });
  }

  async #flushOneByOne(group: readonly Waiting[], conflicts: number): Promise<void> {
    for (const waiting of group) await this.#flush([waiting], conflicts);
  }

  /** Nothing that goes wrong here undoes what is committed, or keeps an answer back. */
  #tell({ events, topics, offers, followUps }: Performed): void {
    if (events.length > 0) void this.#publish(withoutRepeats(events));
    for (const topic of [...topics, ...offers.values()]) {
      try {
        this.wakeUps.notify(topic);
      } catch (error) {
        this.#logger.error(`Waking who waits for '${topic}' failed: ${String(error)}`);
      }
    }
    for (const followUp of followUps) void this.#follow(followUp);
  }

  async #follow(followUp: () => Promise<void>): Promise<void> {
    try {
      await followUp();
    } catch (error) {
      this.#logger.error(`Following up on a change failed: ${String(error)}`);
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

/** Groups that follow one another. A remote database works on one of each lane at the same time. */
class Lane {
  readonly waiting: Waiting[] = [];
  isFlushing = false;
}

/** How many of those that wait go into the next flush; at least one, however heavy. */
function lightEnough(waiting: readonly Waiting[], maxWeight: number): number {
  let weight = 0;
  for (const [index, { operation, input }] of waiting.entries()) {
    weight += operation.weigh?.(input) ?? 1;
    if (weight > maxWeight) return Math.max(index, 1);
  }
  return waiting.length;
}

function isUnavailability(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem === 'DatabaseUnavailable';
}
