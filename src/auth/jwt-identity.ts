import { ProblemError } from '@joblib/contract';
import type { Caller, Clock, CredentialSource, Identity } from '@joblib/nestjs';
import { LRUCache } from 'lru-cache';
import { bearerTokenOf } from './bearer-token.js';
import { TokenRefused, readClaims } from './token-claims.js';
import type { TokenVerifier } from './token-verifier.js';

const CACHED_TOKENS = 10_000;

/** A verified token is checked again after so long, so that a key that was taken back stops counting. */
const CACHED_FOR_MS = 300_000;

/** Longer ones are checked every time, to bound the memory of the cache. */
const LONGEST_CACHED_TOKEN = 4_096;

interface CachedCaller {
  readonly caller: Caller;
  /** Epoch milliseconds. */
  readonly untilMs: number;
}

/** Identifies users by JWT: `sub` is the id; `is_superuser: true`, or a `sub` in the list, makes a superuser. */
export class JwtIdentity implements Identity {
  readonly #callers = new LRUCache<string, CachedCaller>({ max: CACHED_TOKENS });
  readonly #lastOfConnections = new WeakMap<object, CachedCaller & { readonly authorization: string }>();
  readonly #superusers: ReadonlySet<string>;

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly clock: Clock,
    superusers: readonly string[],
  ) {
    this.#superusers = new Set(superusers);
  }

  /**
   * A token verified before costs one look-up; what a connection sends again, a comparison of two texts.
   * @throws ProblemError `Unauthorized`, with `WWW-Authenticate: Bearer`.
   */
  authenticate(source: CredentialSource): Promise<Caller> {
    const { authorization } = source;
    const connection = connectionOf(source);
    const last = connection === null ? undefined : this.#lastOfConnections.get(connection);
    if (last !== undefined && last.authorization === authorization && this.#isGood(last)) return Promise.resolve(last.caller);
    const token = bearerTokenOf(source);
    if (token === null) return Promise.reject(unauthorized('No bearer token was sent.'));
    const cached = this.#callers.get(token);
    if (cached === undefined || !this.#isGood(cached)) return this.#verify(token);
    if (connection !== null && authorization !== undefined) this.#lastOfConnections.set(connection, { ...cached, authorization });
    return Promise.resolve(cached.caller);
  }

  #isGood({ untilMs }: CachedCaller): boolean {
    return this.clock.now() < untilMs;
  }

  async #verify(token: string): Promise<Caller> {
    try {
      const claims = await this.verifier.verify(token);
      const nowMs = this.clock.now();
      const { caller, expiresAtMs } = readClaims(claims, this.#superusers, nowMs);
      const untilMs = Math.min(expiresAtMs, nowMs + CACHED_FOR_MS);
      if (token.length <= LONGEST_CACHED_TOKEN) this.#callers.set(token, { caller, untilMs });
      return caller;
    } catch (error) {
      if (error instanceof TokenRefused) throw unauthorized(error.message, error);
      throw error;
    }
  }
}

/** The socket of a request to Fastify; `null` for any other source. */
function connectionOf({ request }: CredentialSource): object | null {
  return (request as { raw?: { socket?: object } } | undefined)?.raw?.socket ?? null;
}

function unauthorized(detail: string, cause?: unknown): ProblemError {
  return new ProblemError('Unauthorized', detail, { cause, headers: { 'WWW-Authenticate': 'Bearer' } });
}
