import { createSecretKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@joblib/contract';
import { CLOCK } from '@joblib/nestjs';
import type { Caller, Clock, CredentialSource, Identity } from '@joblib/nestjs';
import { jwtVerify } from 'jose';

/** `IDENTITY`: our own tokens. They say `member` where others say `sub`, and `role: 'director'` makes a superuser. */
@Injectable()
export class StudioIdentity implements Identity {
  readonly #key = createSecretKey(Buffer.from(studioSecret()));

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  async authenticate({ authorization, auth }: CredentialSource): Promise<Caller> {
    const token = authorization?.replace(/^Bearer /i, '') ?? (auth as { token?: unknown } | undefined)?.token;
    try {
      const { payload } = await jwtVerify(String(token), this.#key, {
        algorithms: ['HS256'],
        issuer: 'studio',
        requiredClaims: ['member'],
        currentDate: new Date(this.clock.now()),
      });
      return { id: String(payload['member']), isSuperuser: payload['role'] === 'director' };
    } catch (error) {
      throw new ProblemError('Unauthorized', 'Send a token of the studio.', { cause: error, headers: { 'WWW-Authenticate': 'Bearer' } });
    }
  }
}

function studioSecret(): string {
  const secret = process.env['STUDIO_SECRET'] ?? '';
  if (secret === '') throw new Error('Set STUDIO_SECRET to the key of our tokens.');
  return secret;
}
