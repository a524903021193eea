import type { RoomEvent } from '@joblib/contract';
import type { QueryRunner } from 'typeorm';

import type { Statements } from './statements.js';
import type { Statement } from './statement.js';
import type { TellingTurn } from './telling-order.js';

/** Runs statements on one connection, in order, and answers their rows. */
export interface Executor {
  readonly statements: Statements;
  /**
   * Whether the database is a process of its own: others write at the same time, so that looking for free rows and finding none proves
   * nothing; and an answer takes a round trip, so that what does not depend on one another is asked together.
   */
  readonly isRemote: boolean;
  execute<Row>(statements: readonly Statement<Row>[]): Promise<Row[]>;
}

/** A host's session as the stores see it: typed statements of its dialect, prepared on the session's own connection. */
export class Session {
  readonly statements: Statements;
  readonly isRemote: boolean;
  #writeCount = 0;

  constructor(
    private readonly executor: Executor,
    /** For the cold path, where TypeORM does the work. */
    readonly queryRunner: QueryRunner,
  ) {
    this.statements = executor.statements;
    this.isRemote = executor.isRemote;
  }

  /** How often something was changed so far. */
  get writeCount(): number {
    return this.#writeCount;
  }

  /** Runs one statement or several in order; answers all their rows. They are on their way when the call returns. */
  async all<Row>(statements: Statement<Row> | readonly Statement<Row>[]): Promise<Row[]> {
    const list = Array.isArray(statements) ? (statements as readonly Statement<Row>[]) : [statements as Statement<Row>];
    const rows = await this.executor.execute(list);
    // A guarded write that answers no row changed none.
    if (list.some(({ writes, returns }) => writes && (!returns || rows.length > 0))) this.#writeCount += 1;
    return rows;
  }

  /** The first row, or `null`. */
  async first<Row>(statements: Statement<Row> | readonly Statement<Row>[]): Promise<Row | null> {
    return (await this.all(statements))[0] ?? null;
  }
}

/** A session inside a transaction, and what has to be told once it is committed. Rolled back, nothing is told. */
export class Transaction extends Session {
  readonly events: RoomEvent[] = [];
  readonly topics: string[] = [];
  /** Topics of tasks that wait to be claimed, by task. */
  readonly offers = new Map<string, string>();
  readonly followUps: (() => Promise<void>)[] = [];
  #isClosed = false;

  /**
   * @param turn in which it tells; there is none when transactions follow one another anyway.
   * @param goOn sends what comes behind, the COMMIT at last; there is none when that has to wait for what this does.
   */
  constructor(
    executor: Executor,
    queryRunner: QueryRunner,
    private readonly turn?: TellingTurn,
    private readonly goOn?: () => void,
  ) {
    super(executor, queryRunner);
  }

  override async all<Row>(statements: Statement<Row> | readonly Statement<Row>[]): Promise<Row[]> {
    if (this.#isClosed) throw new Error('The transaction goes on, or is being committed: nothing more can be asked of it here.');
    return super.all(statements);
  }

  /** Whether `nothingFollows` may be of use. */
  get mayClose(): boolean {
    return this.goOn !== undefined;
  }

  /**
   * Says that all statements are on their way, so that what comes behind, the COMMIT at last, may follow at once and a round trip is saved.
   * @returns whether it does. Then nothing more can be asked: an input that would need it is answered `AGAIN`.
   */
  nothingFollows(): boolean {
    if (this.goOn === undefined || this.turn?.isAlone !== true) return false;
    this.#isClosed = true;
    this.goOn();
    return true;
  }

  emitAfterCommit(...events: RoomEvent[]): void {
    this.events.push(...events);
    if (this.turn === undefined) return;
    for (const { name, payload } of events) if (name === 'task_status_event') this.turn.touch(payload.id);
  }

  /** Wakes whoever waits for the topic, here and on other servers. */
  notifyAfterCommit(topic: string): void {
    this.topics.push(topic);
  }

  /** Wakes somebody who waits for the topic, unless the task is handed out before it is told. */
  offerAfterCommit(taskId: string, topic: string): void {
    this.offers.set(taskId, topic);
  }

  /** For what a host wants to be told. Nobody waits for it, and a rejection is logged. */
  runAfterCommit(followUp: () => Promise<void>): void {
    this.followUps.push(followUp);
  }
}
