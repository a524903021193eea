import { pendingTopic } from '../domain/topics.js';
import type { WakeUps } from '../ports/index.js';

/** Somebody's place in the lines of all jobs that they wait for. */
export class Place {
  /** The jobs whose lines it stands in; the line keeps it. */
  readonly jobIds = new Set<string>();
  readonly #wakes = new Set<string>();
  #ring: (() => void) | null = null;

  /** Whether a wake-up waits to be served. */
  get isWoken(): boolean {
    return this.#wakes.size > 0;
  }

  wake(jobId: string): void {
    this.#wakes.add(jobId);
    this.#ring?.();
  }

  /** The jobs this place was woken for since it was last asked. */
  takeWakes(): string[] {
    const jobIds = [...this.#wakes];
    this.#wakes.clear();
    return jobIds;
  }

  /** Calls back once, at the next wake-up or at once when there was one. Returns the function that stops it. */
  onWake(callback: () => void): () => void {
    if (this.isWoken) callback();
    else this.#ring = callback;
    return () => (this.#ring = null);
  }
}

/**
 * Who waits for which job, first come first served. One new task wakes one place, not all: the others would look for nothing.
 * A place that was woken and cannot use it passes the wake-up on. For a job that is closed nobody is woken: once it opens, all are.
 */
export class WaitingLine {
  readonly #lines = new Map<string, { places: Set<Place>; unsubscribe: () => void }>();

  constructor(
    private readonly wakeUps: WakeUps,
    private readonly isClosed: (jobId: string) => boolean,
  ) {}

  /** The jobs that somebody waits for. */
  get jobIds(): string[] {
    return [...this.#lines.keys()];
  }

  /** Lets the place wait for exactly these jobs; where it waited before, it keeps its turn. */
  join(place: Place, jobIds: readonly string[]): void {
    const wanted = new Set(jobIds);
    for (const jobId of place.jobIds) if (!wanted.has(jobId)) this.#leave(place, jobId);
    for (const jobId of wanted) {
      place.jobIds.add(jobId);
      this.#line(jobId).add(place);
    }
  }

  /** Ends the wait. What the place was woken for and did not serve goes to the next. */
  leave(place: Place): void {
    for (const jobId of place.jobIds) this.#leave(place, jobId);
    for (const jobId of place.takeWakes()) this.wake(jobId);
  }

  /** Wakes the first place that is not awake already; if all are, the first: it looks once more. */
  wake(jobId: string): void {
    if (this.isClosed(jobId) || this.wakeSleeper(jobId)) return;
    const [first] = this.#lines.get(jobId)?.places ?? [];
    first?.wake(jobId);
  }

  /** Wakes the first place that is not awake already. @returns whether there is one. */
  wakeSleeper(jobId: string): boolean {
    if (this.isClosed(jobId)) return false;
    for (const place of this.#lines.get(jobId)?.places ?? []) {
      if (place.isWoken) continue;
      place.wake(jobId);
      return true;
    }
    return false;
  }

  /** Wakes everybody who waits for the job. */
  wakeAll(jobId: string): void {
    for (const place of this.#lines.get(jobId)?.places ?? []) place.wake(jobId);
  }

  #line(jobId: string): Set<Place> {
    const known = this.#lines.get(jobId);
    if (known !== undefined) return known.places;
    const places = new Set<Place>();
    const unsubscribe = this.wakeUps.subscribe(pendingTopic(jobId), () => this.wake(jobId));
    this.#lines.set(jobId, { places, unsubscribe });
    return places;
  }

  #leave(place: Place, jobId: string): void {
    const line = this.#lines.get(jobId);
    place.jobIds.delete(jobId);
    if (line === undefined) return;
    line.places.delete(place);
    if (line.places.size > 0) return;
    line.unsubscribe();
    this.#lines.delete(jobId);
  }
}
