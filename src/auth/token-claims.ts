import type { Caller } from '@joblib/nestjs';

/** Why a token proves nothing, in words that may be told to whoever sent it. */
export class TokenRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TokenRefused';
  }
}

/** Who a token stands for, and until when. */
export interface VerifiedToken {
  readonly caller: Caller;
  /** Epoch milliseconds; `Infinity` without `exp`. */
  readonly expiresAtMs: number;
}

/**
 * Reads the claims of a token whose signature, audience and issuer are in order.
 * @throws TokenRefused when it is not valid now, or names nobody.
 */
export function readClaims(claims: unknown, superusers: ReadonlySet<string>, nowMs: number): VerifiedToken {
  const { sub, exp, nbf, is_superuser: isSuperuser } = (claims ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof sub !== 'string' || sub === '') throw new TokenRefused('The token has no `sub` that names a user.');
  const expiresAtMs = timeOf(exp, Infinity);
  if (nowMs >= expiresAtMs) throw new TokenRefused('The token has expired.');
  if (nowMs < timeOf(nbf, -Infinity)) throw new TokenRefused('The token is not valid yet.');
  return { caller: { id: sub, isSuperuser: isSuperuser === true || superusers.has(sub) }, expiresAtMs };
}

/** Seconds of a JWT as milliseconds. */
function timeOf(seconds: unknown, fallbackMs: number): number {
  if (seconds === undefined) return fallbackMs;
  if (typeof seconds !== 'number') throw new TokenRefused('A time in the token is no number.');
  return seconds * 1000;
}
