import type { Clock, Identity } from '@joblib/nestjs';
import type { IdentityConfig } from '../config/service-config.js';
import { JwksKeys } from './jwks-keys.js';
import { JwtIdentity } from './jwt-identity.js';
import { ManagedIdentity } from './managed-identity.js';
import type { ManagedTokens } from './managed-tokens.js';
import { TokenVerifier } from './token-verifier.js';

/** The service's answer to `IDENTITY`. `secret` is the HS256 key in use, which may be a made one. */
export function makeIdentity(config: IdentityConfig, secret: string | null, managedTokens: ManagedTokens, clock: Clock): Identity {
  const { jwksUrl, audience, issuer, superusers } = config;
  const jwks = jwksUrl === null ? null : new JwksKeys(jwksUrl, clock);
  const users = new JwtIdentity(new TokenVerifier({ secret, jwks, audience, issuer }), clock, superusers);
  return new ManagedIdentity(managedTokens, users);
}
