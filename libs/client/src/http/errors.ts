import { ProblemError } from '@joblib/contract';

/** No answer came: the connection failed, the answer took too long, or the token could not be had. `cause` says why. */
export class ServerUnreachableError extends Error {
  override readonly name = 'ServerUnreachableError';
}

/** An answer that is no problem of the catalogue: from a proxy, or from something that is no joblib server. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';

  constructor(
    message: string,
    readonly status: number,
    /** The beginning of what came instead. */
    readonly body: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** Status of a refusal; `null` when nothing was answered, or the error is no refusal at all. */
export function statusOf(error: unknown): number | null {
  if (error instanceof ProblemError) return error.type.status;
  return error instanceof UnexpectedAnswerError ? error.status : null;
}

/** Whether the same call may well succeed a moment later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ServerUnreachableError) return true;
  if (error instanceof ProblemError && error.problem === 'InternalJobNotConfigured') return false;
  const status = statusOf(error);
  return status !== null && (status >= 500 || TRY_AGAIN.includes(status));
}

/** The same for a server that has been reached before: a proxy's own 404 means that it is being replaced, not that our address is wrong. */
export function isOutage(error: unknown): boolean {
  return isTransient(error) || (error instanceof UnexpectedAnswerError && error.status === 404);
}

/** Whether the server does not know us, or not any more: 401 with a fresh token, 403, or a 404 of its own. */
export function isRegistrationLost(error: unknown): boolean {
  return [401, 403, 404].includes(statusOf(error) ?? 0) && !isOutage(error);
}

/** What `Retry-After` asks for, in seconds; 0 without it. */
export function retryAfterSeconds(error: unknown): number {
  if (!(error instanceof ProblemError || error instanceof UnexpectedAnswerError)) return 0;
  const value = Object.entries(error.headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  const seconds = Number(value);
  return value !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}

/** Request time-out, too early, too many requests. */
const TRY_AGAIN: readonly number[] = [408, 425, 429];
