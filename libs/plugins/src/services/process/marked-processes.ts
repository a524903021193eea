import { isAlive, processesWithEnvironment } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';
import { MARK_VARIABLE } from './process-records.js';

/** On Linux whatever descends from one start of a service, also what has left its group; elsewhere nobody tells. */
export class MarkedProcesses {
  /** Once seen, it counts until it has ended: while it ends it has no environment any more, and still holds its ports. */
  readonly #seen = new Map<number, ProcessIdentity>();

  constructor(private readonly mark: string) {}

  /** Numbers of those that have not ended. */
  living(): number[] {
    for (const found of processesWithEnvironment(MARK_VARIABLE, this.mark)) this.#seen.set(found.pid, found);
    for (const [pid, identity] of this.#seen) if (!isAlive(identity)) this.#seen.delete(pid);
    return [...this.#seen.keys()];
  }
}
