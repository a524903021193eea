import type { CredentialSource } from '@joblib/nestjs';

/** Longer ones are not looked at. */
const MAX_TOKEN_LENGTH = 16_384;

const BEARER = /^bearer +(\S+) *$/i;

/** The token of an HTTP request or of a socket handshake (`auth: {token}`); `null` when there is none to look at. */
export function bearerTokenOf(source: CredentialSource): string | null {
  const token = source.authorization === undefined ? tokenOfHandshake(source.auth) : BEARER.exec(source.authorization)?.[1];
  return token === undefined || token.length > MAX_TOKEN_LENGTH ? null : token;
}

function tokenOfHandshake(auth: unknown): string | undefined {
  if (typeof auth !== 'object' || auth === null || !('token' in auth)) return undefined;
  return typeof auth.token === 'string' && auth.token !== '' ? auth.token : undefined;
}
