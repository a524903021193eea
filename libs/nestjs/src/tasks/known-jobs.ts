/** How many names are remembered, at most. */
const MAX_NAMES = 10_000;

/** Ids of jobs by full name, which stay what they are; whether a job is still there has to be seen by whoever uses its id. */
export class KnownJobs {
  readonly #ids = new Map<string, string>();

  idOf(fullName: string): string | null {
    return this.#ids.get(fullName) ?? null;
  }

  remember(fullName: string, jobId: string): void {
    if (this.#ids.size >= MAX_NAMES && !this.#ids.has(fullName)) this.#ids.clear();
    this.#ids.set(fullName, jobId);
  }

  forget(fullName: string): void {
    this.#ids.delete(fullName);
  }
}
