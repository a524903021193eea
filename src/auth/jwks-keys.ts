import { KeyObject } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Clock } from '@joblib/nestjs';
import { createLocalJWKSet, createRemoteJWKSet, errors } from 'jose';
import type { JWSHeaderParameters } from 'jose';
import { TokenRefused } from './token-claims.js';

const FETCH_TIMEOUT_MS = 5_000;
const MAX_AGE_MS = 600_000;

/** Keys once read go on counting for so long while their address is out of reach. */
const TRUSTED_WHILE_AWAY_MS = 3_600_000;

/** How often at most an unknown key id makes us read the keys again, so that strangers cannot make us read all the time. */
const COOLDOWN_MS = 10_000;

/**
 * The public keys at a JWKS address. They are read when first needed, again after ten minutes, and for a key id that is not
 * among them. While the address is out of reach the last known keys count for an hour; then tokens are refused (401) until it
 * is back: without a key nothing can be told about a token, and those verified before are still cached.
 */
export class JwksKeys {
  readonly #logger = new Logger('Auth');
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  #trustedUntilMs = -Infinity;

  constructor(
    private readonly url: URL,
    private readonly clock: Clock,
    cooldownMs = COOLDOWN_MS,
  ) {
    this.#remote = createRemoteJWKSet(url, { timeoutDuration: FETCH_TIMEOUT_MS, cacheMaxAge: MAX_AGE_MS, cooldownDuration: cooldownMs });
  }

  /** @throws TokenRefused when no key, or more than one, fits the token's header. */
  async keyFor(header: JWSHeaderParameters): Promise<KeyObject> {
    try {
      const key = await this.#remote(header);
      this.#trustedUntilMs = this.clock.now() + TRUSTED_WHILE_AWAY_MS;
      return KeyObject.from(key);
    } catch (error) {
      if (isAboutTheToken(error)) throw new TokenRefused('The token is signed with a key that is not known here.', { cause: error });
      return this.#lastKnownKeyFor(header, error);
    }
  }

  async #lastKnownKeyFor(header: JWSHeaderParameters, reason: unknown): Promise<KeyObject> {
    this.#logger.warn(`The keys at ${this.url.href} cannot be read: ${reasonOf(reason)}`);
    const keys = this.clock.now() < this.#trustedUntilMs ? this.#remote.jwks() : undefined;
    if (keys === undefined) throw new TokenRefused("The keys of the token's issuer are out of reach; try again later.", { cause: reason });
    try {
      return KeyObject.from(await createLocalJWKSet(keys)(header));
    } catch (error) {
      throw new TokenRefused('The token is signed with a key that is not known here.', { cause: error });
    }
  }
}

function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

/** `fetch` hides what happened in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
