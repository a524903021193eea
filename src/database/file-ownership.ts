import { mkdir, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadSqliteModule } from '@joblib/nestjs';
import type { SqliteDatabase } from '@joblib/nestjs';
import { ConfigError } from '../config/config-error.js';

const LOOK_AGAIN_AFTER_MS = 100;

/** SQLITE_BUSY */
const BUSY = 5;

/** Proof that no other process serves this database file. */
export interface FileOwnership {
  /** The file itself, symbolic links resolved. */
  readonly path: string;
  release(): void;
}

/**
 * Makes this process the only server of a SQLite file, which is made (empty, with its folder) when missing. The lock is an
 * exclusive transaction on a tiny database beside it: the kernel gives it back when the process ends, however it ends.
 * @throws ConfigError when another server keeps the file for longer than `waitSeconds`, or when it cannot be written.
 */
export async function ownDatabaseFile(file: string, waitSeconds: number): Promise<FileOwnership> {
  const path = await makeFile(file);
  const lock = openLock(path);
  try {
    await holdExclusively(lock, path, waitSeconds);
  } catch (error) {
    lock.close();
    throw error;
  }
  return { path, release: () => lock.close() };
}

async function makeFile(file: string): Promise<string> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await (await open(file, 'a')).close();
    return await realpath(file);
  } catch (error) {
    throw unusable(file, error);
  }
}

function openLock(path: string): SqliteDatabase {
  const { DatabaseSync } = loadSqliteModule();
  try {
    return new DatabaseSync(`${path}-owner`, { timeout: 0 });
  } catch (error) {
    throw unusable(`${path}-owner`, error);
  }
}

async function holdExclusively(lock: SqliteDatabase, path: string, waitSeconds: number): Promise<void> {
  const attempts = Math.ceil((waitSeconds * 1000) / LOOK_AGAIN_AFTER_MS);
  for (let attempt = 0; !tryToHold(lock, path); attempt += 1) {
    if (attempt >= attempts) {
      throw new ConfigError(
        `DATABASE_URL: another server uses '${path}', and a SQLite file belongs to one server; stop that one, choose another file, or use PostgreSQL to share a database between servers.`,
      );
    }
    await pause(LOOK_AGAIN_AFTER_MS);
  }
}

function tryToHold(lock: SqliteDatabase, path: string): boolean {
  try {
    // No journal file beside it: nothing is ever written.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return false;
    throw unusable(`${path}-owner`, error);
  }
}

function unusable(path: string, error: unknown): ConfigError {
  return new ConfigError(`DATABASE_URL: '${path}' cannot be used: ${(error as Error).message}.`, { cause: error });
}
