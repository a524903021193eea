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

// SQLSTATE classes and codes of PostgreSQL: connection lost, out of resources, shutting down or starting, cancelled by its time limit,
// access refused, database missing, read-only, a lock that was not to be had, idle for too long in a transaction, disk and I/O errors, and
// conflicts that did not end however often it was tried.
const POSTGRES_PASSING = /^(?:08|28|53|58|3D000|57P|57014|25006|25P03|55P03|40001|40P01|XX00)/;

// The other server commits, and the same work finds another state: serialization failure, deadlock, a key that was given away just now.
const POSTGRES_CONFLICT = new Set(['40001', '40P01', '23505']);

const NETWORK_PASSING = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

// What `pg` says without any code.
const POSTGRES_DRIVER_PASSING =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

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
  const passing = causesOf(error).find(isPassing);
  return passing === undefined ? null : passing.message || codeOf(passing);
}

/** Whether the same work, tried again, finds what another transaction has done in the meantime. */
export function isConflict(error: unknown): boolean {
  return causesOf(error).some((cause) => POSTGRES_CONFLICT.has(codeOf(cause)));
}

/** An error, what it wraps, and the parts of what was tried in several ways. */
function causesOf(error: unknown): Error[] {
  // A driver's error may come from outside of this realm, where `instanceof` does not know it.
  if (!types.isNativeError(error)) return [];
  const parts: unknown = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  const inner: unknown = 'driverError' in error ? error.driverError : error.cause;
  return [error, ...(parts as unknown[]).flatMap(causesOf), ...causesOf(inner)];
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function isPassing(error: Error): boolean {
  const code = codeOf(error);
  if (NETWORK_PASSING.has(code) || POSTGRES_DRIVER_PASSING.test(error.message)) return true;
  if (isPostgresError(error)) return POSTGRES_PASSING.test(code);
  return isSqlitePassing(error);
}

function isPostgresError(error: Error): boolean {
  return 'severity' in error && /^[0-9A-Z]{5}$/.test(codeOf(error));
}

function isSqlitePassing(error: Error): boolean {
  if ('errcode' in error) return SQLITE_PASSING.some(([code]) => code === (Number(error.errcode) & 0xff));
  // `all()` of `@photostructure/sqlite` leaves the result code out.
  return 'code' in error && error.code === 'ERR_SQLITE_ERROR' && SQLITE_PASSING.some(([, says]) => error.message.includes(says));
}
