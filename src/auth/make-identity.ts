import type { Clock, Identity } from '@joblib/nestjs';
import type { IdentityConfig } from '../config/service-config.js';
import { JwksKeys } from './jwks-keys.js';
import { JwtIdentity } from './jwt-identity.js';
import { TokenVerifier } from './token-verifier.js';

/** The service's answer to `IDENTITY`. `secret` is the HS256 key in use, which may be a made one. */
export function makeIdentity({ jwksUrl, audience, issuer, superusers }: IdentityConfig, secret: string | null, clock: Clock): Identity {
  const jwks = jwksUrl === null ? null : new JwksKeys(jwksUrl, clock);
  return new JwtIdentity(new TokenVerifier({ secret, jwks, audience, issuer }), clock, superusers);
}
