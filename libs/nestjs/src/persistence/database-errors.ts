import { ProblemError } from '@joblib/contract';

// Primary result codes after which SQLite may work again later: busy, locked, read-only, I/O error, full, cannot open.
const SQLITE_PASSING = new Set([5, 6, 8, 10, 13, 14]);

const RETRY_AFTER_SECONDS = '2';

/** What a caller gets for a failed statement: 503 when the database is away, full or read-only; the error itself otherwise. */
export function translateDatabaseError(error: unknown): unknown {
  const reason = unavailability(error);
  if (reason === null) return error;
  return new ProblemError('DatabaseUnavailable', `The database cannot be used now: ${reason}.`, {
    cause: error,
    headers: { 'Retry-After': RETRY_AFTER_SECONDS },
  });
}

/** Why the database cannot be used now, or `null` when the error says something else. */
export function unavailability(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = 'driverError' in cause ? cause.driverError : cause.cause) {
    const code = 'errcode' in cause ? Number(cause.errcode) : Number.NaN;
    if (SQLITE_PASSING.has(code & 0xff)) return cause.message;
  }
  return null;
}
