import { createHmac } from 'node:crypto';

import type { Signing } from './service-secret.js';

/** Who the bearer is, and for how long. */
export interface TokenRequest {
  readonly sub: string;
  readonly isSuperuser: boolean;
  /** Seconds since 1970, UTC. */
  readonly issuedAtSeconds: number;
  readonly lifetimeSeconds: number;
}

/** A JSON Web Token, signed with HS256 (RFC 7515, 7519). */
export function signToken(
  { sub, isSuperuser, issuedAtSeconds, lifetimeSeconds }: TokenRequest,
  { secret, audience, issuer }: Signing,
): string {
  const claims = {
    ...(isSuperuser && { is_superuser: true }),
    sub,
    iat: issuedAtSeconds,
    exp: issuedAtSeconds + lifetimeSeconds,
    ...(audience !== null && { aud: audience }),
    ...(issuer !== null && { iss: issuer }),
  };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
