/** What one transaction tells, and whom it has to let go first. */
export interface TellingTurn {
  /** It has changed the task: said before it commits, as soon as the row is its own. */
  touch(taskId: string): void;
  /** Resolves when everybody has told (or given up) what they changed of the same tasks before. */
  comesUp(): Promise<unknown>;
  /** It has told, or was rolled back. */
  end(): void;
}

/**
 * Keeps what is told of a task in the order of the commits, though the answers of two connections may arrive crosswise. Who has changed a
 * row keeps others from it until the commit, so the order in which changes are seen before their commits is that of the commits.
 */
export class TellingOrder {
  readonly #lastToTouch = new Map<string, Turn>();

  begin(): TellingTurn {
    return new Turn(this.#lastToTouch);
  }
}

class Turn implements TellingTurn {
  readonly #touched: string[] = [];
  readonly #before = new Set<Turn>();
  readonly #ended: Promise<void>;
  #markEnded: () => void = () => undefined;

  constructor(private readonly lastToTouch: Map<string, Turn>) {
    this.#ended = new Promise((resolve) => (this.#markEnded = resolve));
  }

  touch(taskId: string): void {
    const last = this.lastToTouch.get(taskId);
    if (last === this) return;
    if (last !== undefined) this.#before.add(last);
    this.lastToTouch.set(taskId, this);
    this.#touched.push(taskId);
  }

  comesUp(): Promise<unknown> {
    return Promise.all(Array.from(this.#before, (turn) => turn.#ended));
  }

  end(): void {
    for (const taskId of this.#touched) if (this.lastToTouch.get(taskId) === this) this.lastToTouch.delete(taskId);
    this.#markEnded();
  }
}
