import type { PluginLogger } from '../../logger.js';
import { goneWithin, isGroupAlive, signalGroup, signalProcess } from './end-processes.js';
import { MarkedProcesses } from './marked-processes.js';
import { bootId, isAlive } from './process-identity.js';
import { ProcessRecords } from './process-records.js';
import type { ProcessRecord } from './process-records.js';

/** How long an orphan has after it was asked to end, and how long the system has to end it after that. */
const GRACE_MS = 5_000;

/**
 * Ends what services left behind whose supervisor was killed: each process that a record names, if it is that very one, with its group, and
 * on Linux whatever else carries the record's mark. What a living supervisor runs is not touched. @param folder of the records.
 */
export async function endOrphans(folder: string, logger: PluginLogger): Promise<void> {
  const records = new ProcessRecords(folder);
  const left = records.all().filter(({ owner, bootId: theirs }) => theirs !== bootId || !isAlive(owner));
  await Promise.all(left.map((record) => endOrphan(record, records, logger)));
}

async function endOrphan(record: ProcessRecord, records: ProcessRecords, logger: PluginLogger): Promise<void> {
  const { serviceName, mark } = record;
  const orphan = record.bootId === bootId ? new Orphan(record) : null;
  if (orphan?.isThere() === true) {
    logger.warn(`Service ${serviceName}: process ${record.process?.pid ?? 'of unknown number'} was left behind, and is ended.`);
    if (!(await orphan.end())) {
      logger.error(`Service ${serviceName}: what was left behind cannot be ended.`);
      return;
    }
  }
  records.remove(mark);
}

class Orphan {
  /** A group is known by its first process: had that one been gone already, the number might be anybody's. */
  readonly #group: number | null;
  readonly #marked: MarkedProcesses;

  constructor({ process, mark }: ProcessRecord) {
    this.#group = process !== null && isAlive(process) ? process.pid : null;
    this.#marked = new MarkedProcesses(mark);
  }

  isThere(): boolean {
    return (this.#group !== null && isGroupAlive(this.#group)) || this.#marked.living().length > 0;
  }

  async end(): Promise<boolean> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (this.#group !== null && isGroupAlive(this.#group)) signalGroup(this.#group, signal);
      for (const pid of this.#marked.living()) signalProcess(pid, signal);
      if (await goneWithin(() => this.isThere(), GRACE_MS)) return true;
    }
    return false;
  }
}
