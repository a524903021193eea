import { Injectable } from '@nestjs/common';
import { formatFullName } from '@joblib/contract';

import type { Session } from './session.js';

/** Finds out which gates are closed, and says so by `ClaimGates.set`. A rejection means that it is to be tried again. */
export type GateLoader = (session: Session) => Promise<void>;

const NONE: ReadonlySet<string> = new Set();

/**
 * Which jobs are not handed out at the moment, because a service that they need is not healthy. It goes by what it was last told: while
 * nothing is closed, it costs nothing.
 */
@Injectable()
export class ClaimGates {
  #closed = NONE;
  #loader: GateLoader | null = null;
  #learning: Promise<void> | null = null;
  /** Full names of jobs by their ids, which never change. */
  readonly #names = new Map<string, string>();
  readonly #listeners = new Set<(fullNames: ReadonlySet<string>) => void>();

  /** Whether the gate of any job is closed. */
  get hasClosed(): boolean {
    return this.#closed.size > 0;
  }

  /** Whether somebody has to find out first what is closed: see `ensureLearned`. */
  get mustLearn(): boolean {
    return this.#loader !== null;
  }

  /** Replaces what was set, from this moment on, and tells the listeners what that opens. @param closed full names of jobs. */
  set(closed: ReadonlySet<string>): void {
    const before = this.#closed;
    this.#closed = new Set(closed);
    const opened = new Set([...before].filter((fullName) => !this.#closed.has(fullName)));
    if (opened.size > 0) for (const listener of this.#listeners) listener(opened);
  }

  /** From now on `ensureLearned` has something to learn. */
  learnWith(loader: GateLoader): void {
    this.#loader = loader;
  }

  /** Runs the loader, until it has succeeded once; one at a time. @throws what the loader throws in this session. */
  async ensureLearned(session: Session): Promise<void> {
    while (this.#loader !== null) {
      if (this.#learning === null) await this.#learn(this.#loader, session);
      // Another session's failure is not this one's: then it tries by itself.
      else await this.#learning.catch(() => undefined);
    }
  }

  /** Calls back with the full names of jobs whose gates were opened. Returns the function that stops it. */
  onOpened(listener: (fullNames: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Which of the jobs are closed, when the answer comes. */
  async closedAmong(session: Session, jobIds: Iterable<string>): Promise<ReadonlySet<string>> {
    if (!this.hasClosed) return NONE;
    const asked = [...jobIds];
    await this.#learnNames(session, asked);
    return new Set(asked.filter((jobId) => this.isKnownClosed(jobId)));
  }

  /** Whether the job is closed, as far as it can be told without asking: whoever was told by `closedAmong` can ask this instead. */
  isKnownClosed(jobId: string): boolean {
    if (!this.hasClosed) return false;
    const fullName = this.#names.get(jobId);
    return fullName !== undefined && this.#closed.has(fullName);
  }

  /** The job's full name, if `closedAmong` was ever asked about it while something was closed. */
  knownName(jobId: string): string | undefined {
    return this.#names.get(jobId);
  }

  async #learn(loader: GateLoader, session: Session): Promise<void> {
    this.#learning = loader(session);
    try {
      await this.#learning;
      if (this.#loader === loader) this.#loader = null;
    } finally {
      this.#learning = null;
    }
  }

  async #learnNames(session: Session, jobIds: readonly string[]): Promise<void> {
    const unknown = jobIds.filter((jobId) => !this.#names.has(jobId));
    if (unknown.length === 0) return;
    for (const { id, room_id, category, name } of await session.all(session.statements.jobs.namesOf(unknown))) {
      this.#names.set(id, formatFullName({ roomId: room_id, category, name }));
    }
  }
}
