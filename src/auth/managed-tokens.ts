import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import type { Caller } from '@joblib/nestjs';
import { SignJWT } from 'jose';
import { MIN_SECRET_BYTES } from '../config/service-config.js';

/** Who holds a token that is good. */
export interface TokenHolder {
  readonly caller: Caller;
  /** Aborted when the token is revoked. */
  readonly revoked: AbortSignal;
}

interface IssuedToken extends TokenHolder {
  readonly serviceName: string;
  readonly revocation: AbortController;
}

/**
 * Tokens for what this server manages: signed with a key of this process, and good here only, until they are revoked. They are superusers',
 * since managed workers register jobs of `@global`. Nothing but a token that was issued here is looked up, so none can be forged.
 */
export class ManagedTokens {
  readonly #key = createSecretKey(randomBytes(MIN_SECRET_BYTES));
  readonly #issued = new Map<string, IssuedToken>();

  /** Whether none is good now. */
  get isEmpty(): boolean {
    return this.#issued.size === 0;
  }

  async issue(serviceName: string): Promise<string> {
    const caller: Caller = { id: `service:${serviceName}`, isSuperuser: true };
    const claims = new SignJWT({ is_superuser: true }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' });
    const token = await claims.setSubject(caller.id).setJti(randomUUID()).setIssuedAt().sign(this.#key);
    const revocation = new AbortController();
    this.#issued.set(token, { serviceName, caller, revocation, revoked: revocation.signal });
    return token;
  }

  /** All that this service was given, at once. */
  revoke(serviceName: string): void {
    for (const [token, issued] of this.#issued) {
      if (issued.serviceName !== serviceName) continue;
      this.#issued.delete(token);
      issued.revocation.abort();
    }
  }

  /** `null` for everything that was not issued here, or was revoked. */
  holderOf(token: string): TokenHolder | null {
    return this.#issued.get(token) ?? null;
  }
}
