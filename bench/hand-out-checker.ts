/** What a client saw of one task. Ticks are the client's own count of events: a smaller one happened earlier. */
interface TaskRecord {
  readonly id: string;
  createdAt: string;
  submitAnsweredTick: number;
  claimBeganTick: number;
  claimAnsweredTick: number;
  timesHandedOut: number;
  isCompleted: boolean;
}

const NEVER = Number.POSITIVE_INFINITY;
const MAX_REPORTED = 10;

/**
 * Keeps what all connections of one load saw, and says afterwards whether every task was handed out exactly once, in order, and completed.
 * All tasks must be of one job, and no others may be submitted to it meanwhile.
 */
export class HandOutLedger {
  readonly #tasks = new Map<string, TaskRecord>();
  readonly #emptyClaims: { readonly beganTick: number; readonly answeredTick: number }[] = [];
  #ticks = 0;

  /** The present moment in the client's order of events; no two are the same. */
  tick(): number {
    this.#ticks += 1;
    return this.#ticks;
  }

  get submittedCount(): number {
    let count = 0;
    for (const task of this.#tasks.values()) if (task.submitAnsweredTick !== NEVER) count += 1;
    return count;
  }

  /** `createdAt` as the server wrote it: fixed-width ISO 8601, so that text order is time order. */
  submitted(id: string, createdAt: string, answeredTick: number): void {
    const task = this.#taskOf(id);
    task.createdAt = createdAt;
    task.submitAnsweredTick = answeredTick;
  }

  /** A claim's answer may arrive before the answer to the submit of the same task. */
  handedOut(id: string, beganTick: number, answeredTick: number): void {
    const task = this.#taskOf(id);
    task.timesHandedOut += 1;
    task.claimBeganTick = beganTick;
    task.claimAnsweredTick = answeredTick;
  }

  foundNothing(beganTick: number, answeredTick: number): void {
    this.#emptyClaims.push({ beganTick, answeredTick });
  }

  completed(id: string): void {
    this.#taskOf(id).isCompleted = true;
  }

  /** Sentences about what went wrong, at most ten of each kind; none when all is well. */
  violations(): string[] {
    const tasks = [...this.#tasks.values()];
    return [...countViolations(tasks), ...this.#orderViolations(tasks)];
  }

  #taskOf(id: string): TaskRecord {
    let task = this.#tasks.get(id);
    if (!task) {
      task = {
        id,
        createdAt: '',
        submitAnsweredTick: NEVER,
        claimBeganTick: NEVER,
        claimAnsweredTick: NEVER,
        timesHandedOut: 0,
        isCompleted: false,
      };
      this.#tasks.set(id, task);
    }
    return task;
  }

  /**
   * A task was pending for the whole of a claim when its submit was answered before that claim began, and the claim that got it
   * began after that claim was answered. Then that claim may neither get a younger task nor find nothing.
   */
  #orderViolations(tasks: readonly TaskRecord[]): string[] {
    const inOrder = tasks.filter((task) => task.submitAnsweredTick !== NEVER).sort(byCreation);
    const older = new LatestClaimed(this.#ticks);
    const overtaken: string[] = [];
    for (const task of inOrder) {
      if (task.timesHandedOut > 0) {
        const waiting = older.latestSubmittedBefore(task.claimBeganTick);
        if (waiting && waiting.claimBeganTick > task.claimAnsweredTick)
          overtaken.push(`Task ${task.id} was handed out while the older ${waiting.id} was pending.`);
      }
      older.add(task);
    }
    const wrongNulls: string[] = [];
    for (const claim of this.#emptyClaims) {
      const waiting = older.latestSubmittedBefore(claim.beganTick);
      if (waiting && waiting.claimBeganTick > claim.answeredTick) wrongNulls.push(`A claim found nothing while ${waiting.id} was pending.`);
    }
    return [...abridged(overtaken), ...abridged(wrongNulls)];
  }
}

function countViolations(tasks: readonly TaskRecord[]): string[] {
  const unknown = tasks.filter((task) => task.submitAnsweredTick === NEVER);
  const never = tasks.filter((task) => task.timesHandedOut === 0);
  const repeated = tasks.filter((task) => task.timesHandedOut > 1);
  const unfinished = tasks.filter((task) => task.timesHandedOut > 0 && !task.isCompleted);
  return [
    ...abridged(unknown.map((task) => `Task ${task.id} was handed out but never submitted here.`)),
    ...abridged(never.map((task) => `Task ${task.id} was never handed out.`)),
    ...abridged(repeated.map((task) => `Task ${task.id} was handed out ${task.timesHandedOut} times.`)),
    ...abridged(unfinished.map((task) => `Task ${task.id} was handed out and not completed.`)),
  ];
}

function abridged(sentences: readonly string[]): string[] {
  if (sentences.length <= MAX_REPORTED) return [...sentences];
  return [...sentences.slice(0, MAX_REPORTED), `… and ${sentences.length - MAX_REPORTED} more of this kind.`];
}

/** The contract's order: by creation, ties by id. */
function byCreation(a: TaskRecord, b: TaskRecord): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** Of the tasks added so far: which one, among those whose submit was answered before a tick, was claimed last (a Fenwick tree of maxima). */
class LatestClaimed {
  readonly #latest: (TaskRecord | undefined)[];

  constructor(private readonly ticks: number) {
    this.#latest = Array.from<TaskRecord | undefined>({ length: ticks + 1 });
  }

  add(task: TaskRecord): void {
    for (let slot = task.submitAnsweredTick; slot <= this.ticks; slot += slot & -slot) {
      const present = this.#latest[slot];
      if (!present || present.claimBeganTick < task.claimBeganTick) this.#latest[slot] = task;
    }
  }

  latestSubmittedBefore(tick: number): TaskRecord | undefined {
    let latest: TaskRecord | undefined;
    for (let slot = tick - 1; slot > 0; slot -= slot & -slot) {
      const candidate = this.#latest[slot];
      if (candidate && (!latest || latest.claimBeganTick < candidate.claimBeganTick)) latest = candidate;
    }
    return latest;
  }
}
