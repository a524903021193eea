import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { bootId, identityOf } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';

/** The variable in whose value every process that descends from a service carries the mark of its start. */
export const MARK_VARIABLE = 'JOBLIB_SERVICE_MARK';

/** What is kept of a process that was started, so that it is found when nobody is left who knows of it. */
export interface ProcessRecord {
  readonly serviceName: string;
  /** A UUID; also the name of the file. */
  readonly mark: string;
  readonly host: string;
  readonly bootId: string;
  /** Who started it: as long as that one lives, it is no orphan. */
  readonly owner: ProcessIdentity;
  /** `null` for the moment in which it is being started. */
  readonly process: ProcessIdentity | null;
}

/** A folder with one small file for each process that runs. Written at once, and in one piece: a kill comes before or after. */
export class ProcessRecords {
  constructor(readonly folder: string) {}

  write(serviceName: string, mark: string, started: ProcessIdentity | null): void {
    const owner = identityOf(process.pid);
    if (owner === null) return;
    const record: ProcessRecord = { serviceName, mark, host: hostname(), bootId, owner, process: started };
    mkdirSync(this.folder, { recursive: true });
    const file = this.#file(mark);
    writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  remove(mark: string): void {
    rmSync(this.#file(mark), { force: true });
  }

  /** Of this machine. What is not a record is left alone. */
  all(): ProcessRecord[] {
    const here = hostname();
    return this.#files().flatMap((name) => {
      const record = readRecord(join(this.folder, name));
      return record === null || record.host !== here || `${record.mark}.json` !== name ? [] : [record];
    });
  }

  #files(): string[] {
    try {
      return readdirSync(this.folder).filter((name) => name.endsWith('.json'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  #file(mark: string): string {
    return join(this.folder, `${mark}.json`);
  }
}

function readRecord(file: string): ProcessRecord | null {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<ProcessRecord> | null;
    const isRecord = [value?.mark, value?.host, value?.serviceName, value?.bootId].every((text) => typeof text === 'string');
    return isRecord && isIdentity(value?.owner, 1) && (value?.process === null || isIdentity(value?.process, 2))
      ? (value as ProcessRecord)
      : null;
  } catch {
    return null;
  }
}

/** A signal to the group of process 1 would go to everybody. */
function isIdentity(value: ProcessIdentity | null | undefined, leastPid: number): boolean {
  return Number.isSafeInteger(value?.pid) && Number(value?.pid) >= leastPid && typeof value?.startedAt === 'string';
}
