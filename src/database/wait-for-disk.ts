import { setTimeout as pause } from 'node:timers/promises';
import { unavailability } from '@joblib/nestjs';

/** Between two attempts; an operator who made room does not wait long. */
const RETRY_MS = 2000;

/** Full, over a quota, mounted read-only: a disk may be different later, with nothing changed in the configuration. */
const PASSING_CODES = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EROFS']);

/**
 * Tries until the disk lets it succeed. A server that ended here instead would be started and would end again, for ever.
 * @param tell hears of the first failure.
 * @throws what no disk is to blame for, at once.
 */
export async function waitForDisk<T>(attempt: () => Promise<T>, tell: (error: Error) => void): Promise<T> {
  let isTold = false;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Error) || !isDiskToBlame(error)) throw error;
      if (!isTold) tell(error);
      isTold = true;
      await pause(RETRY_MS);
    }
  }
}

function isDiskToBlame(error: Error): boolean {
  if (unavailability(error) !== null) return true;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && PASSING_CODES.has(cause.code)) return true;
  }
  return false;
}
