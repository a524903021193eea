import { types } from 'node:util';

import { ProblemError } from '@joblib/contract';

// Primary result codes after which SQLite may work again later, and what it says then: busy, locked, read-only, I/O error, full, cannot open.
const SQLITE_PASSING: readonly (readonly [code: number, says: string])[] = [
  [5, 'database is locked'],
  [6, 'database table is locked'],
  [8, 'attempt to write a readonly database'],
  [10, 'disk I/O error'],
  [13, 'database or disk is full'],
  [14, 'unable to open database file'],
];

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
  // A driver's error may come from outside of this realm, where `instanceof` does not know it.
  for (let cause = error; types.isNativeError(cause); cause = 'driverError' in cause ? cause.driverError : cause.cause) {
    if (isPassing(cause)) return cause.message;
  }
  return null;
}

function isPassing(error: Error): boolean {
  if ('errcode' in error) return SQLITE_PASSING.some(([code]) => code === (Number(error.errcode) & 0xff));
  // `all()` of `@photostructure/sqlite` leaves the result code out.
  return 'code' in error && error.code === 'ERR_SQLITE_ERROR' && SQLITE_PASSING.some(([, says]) => error.message.includes(says));
}
