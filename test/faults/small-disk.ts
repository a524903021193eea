import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZE = '4m';
const STEP_BYTES = 4096;

/** A disk of 4 MiB in memory that can be filled. Only root may make one, and only on Linux. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** @throws Error with what the system says. */
  static mount(): SmallDisk {
    const folder = mkdtempSync(join(tmpdir(), 'joblib-disk-'));
    try {
      system('mount', '-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder);
    } catch (error) {
      rmdirSync(folder);
      throw error;
    }
    return new SmallDisk(folder);
  }

  /** Takes all room that is left. */
  fill(): void {
    const filler = openSync(this.#filler, 'a');
    try {
      for (;;) writeSync(filler, Buffer.alloc(STEP_BYTES));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(filler);
    }
  }

  makeRoom(): void {
    rmSync(this.#filler);
  }

  /** Only while no file on it is open for writing. */
  makeReadOnly(): void {
    system('mount', '-o', 'remount,ro', this.folder);
  }

  makeWritable(): void {
    system('mount', '-o', 'remount,rw', this.folder);
  }

  unmount(): void {
    system('umount', this.folder);
    rmdirSync(this.folder);
  }

  get #filler(): string {
    return join(this.folder, 'filler');
  }
}

/** Takes a file's writability away from everybody, also from those who have it open; root alone may, and not on every file system. */
export function freeze(...files: readonly string[]): void {
  system('chattr', '+i', ...files);
}

export function thaw(...files: readonly string[]): void {
  system('chattr', '-i', ...files);
}

/** Why this machine cannot do it, or `null` when it can. */
export function obstacleTo(attempt: () => void): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function system(command: string, ...args: readonly string[]): void {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command}: ${stderr.trim()}`);
}
