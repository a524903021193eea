import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** One process and no other: numbers are given again, and the same one at another time is a stranger. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In whatever unit the system has: only equality means anything, and only until it is booted again. */
  readonly startedAt: string;
}

/** A line of the table of processes. */
interface ProcessRow {
  readonly pid: number;
  readonly group: number;
  /** It has ended, and nobody has asked how yet. */
  readonly isZombie: boolean;
  readonly startedAt: string;
}

const isLinux = process.platform === 'linux';

/** Different after each boot of the machine; empty where the system does not tell. */
export const bootId: string = isLinux ? (readOrNull('/proc/sys/kernel/random/boot_id') ?? '').trim() : '';

/** `null` when there is no such process, or only what is left of one that has ended. */
export function identityOf(pid: number): ProcessIdentity | null {
  const row = isLinux ? rowOfStat(pid) : rowOfPs(pid);
  return row === null || row.isZombie ? null : { pid, startedAt: row.startedAt };
}

/** Whether that very process is alive. */
export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return identityOf(pid)?.startedAt === startedAt;
}

/** Numbers of the processes of a group that have not ended. */
export function livingMembers(group: number): number[] {
  return (isLinux ? allOfProc() : allOfPs()).filter((row) => row.group === group && !row.isZombie).map(({ pid }) => pid);
}

/** The processes that have `<name>=<value>` in their environment, on Linux; elsewhere nobody tells. */
export function processesWithEnvironment(name: string, value: string): ProcessIdentity[] {
  if (!isLinux) return [];
  const wanted = `${name}=${value}`;
  return pidsOfProc().flatMap((pid) =>
    readOrNull(`/proc/${pid}/environ`)?.split('\0').includes(wanted) === true ? (identityOf(pid) ?? []) : [],
  );
}

function pidsOfProc(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function allOfProc(): ProcessRow[] {
  return pidsOfProc().flatMap((pid) => rowOfStat(pid) ?? []);
}

/** The name of the program, in brackets, may hold anything: what counts comes behind the last one. */
function rowOfStat(pid: number): ProcessRow | null {
  const text = readOrNull(`/proc/${pid}/stat`);
  if (text === null) return null;
  const [state = '', , group, , , , , , , , , , , , , , , , , startedAt = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid, group: Number(group), isZombie: state === 'Z' || state === 'X', startedAt };
}

const PS_COLUMNS = 'pid=,pgid=,stat=,lstart=';

function rowOfPs(pid: number): ProcessRow | null {
  return psRows(['-o', PS_COLUMNS, '-p', String(pid)])[0] ?? null;
}

function allOfPs(): ProcessRow[] {
  return psRows(['-A', '-o', PS_COLUMNS]);
}

/** Fails when there is no such process. */
function psRows(args: readonly string[]): ProcessRow[] {
  try {
    return parsePs(execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { LC_ALL: 'C' } }));
  } catch {
    return [];
  }
}

/** Reads what `ps -o pid=,pgid=,stat=,lstart=` writes. */
export function parsePs(output: string): ProcessRow[] {
  return output.split('\n').flatMap((line) => {
    const [, pid, group, state = '', startedAt = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), group: Number(group), isZombie: state.startsWith('Z'), startedAt }];
  });
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
