/** What one transaction tells, and whom it has to let go first. */
export interface TellingTurn {
  /** Nobody else is between beginning and telling. */
  readonly isAlone: boolean;
  /** It is alone, and commits before it hears what it has changed: whoever begins from now on tells after it, whatever they change. */
  goAhead(): void;
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
  readonly #state: OrderState = { running: new Set(), lastToTouch: new Map(), ahead: null };

  begin(): TellingTurn {
    return new Turn(this.#state);
  }
}

interface OrderState {
  readonly running: Set<Turn>;
  readonly lastToTouch: Map<string, Turn>;
  /** It was alone when it went ahead, so there is never a second one. */
  ahead: Turn | null;
}

class Turn implements TellingTurn {
  readonly #touched: string[] = [];
  readonly #before = new Set<Turn>();
  readonly #ended: Promise<void>;
  #markEnded: () => void = () => undefined;

  constructor(private readonly state: OrderState) {
    this.#ended = new Promise((resolve) => (this.#markEnded = resolve));
    state.running.add(this);
    if (state.ahead !== null) this.#before.add(state.ahead);
  }

  get isAlone(): boolean {
    return this.state.running.size === 1;
  }

  goAhead(): void {
    this.state.ahead = this;
  }

  touch(taskId: string): void {
    const last = this.state.lastToTouch.get(taskId);
    if (last === this) return;
    if (last !== undefined) {
      // Whoever was faster to hear of their change has begun later, and waits already.
      if (this.state.ahead === this) return;
      this.#before.add(last);
    }
    this.state.lastToTouch.set(taskId, this);
    this.#touched.push(taskId);
  }

  comesUp(): Promise<unknown> {
    return Promise.all(Array.from(this.#before, (turn) => turn.#ended));
  }

  end(): void {
    const { running, lastToTouch } = this.state;
    running.delete(this);
    if (this.state.ahead === this) this.state.ahead = null;
    for (const taskId of this.#touched) if (lastToTouch.get(taskId) === this) lastToTouch.delete(taskId);
    this.#markEnded();
  }
}
