import { SignJWT } from 'jose';
import type { JWTPayload } from 'jose';

import { JoblibUser } from '../support/joblib-user.js';

export const SECRET = 'a secret of more than thirty-two bytes';

/** A token as the service expects it, but for what `claims` says otherwise. */
export function tokenOf(claims: JWTPayload, secret: string = SECRET): Promise<string> {
  return new SignJWT({ exp: Math.floor(Date.now() / 1000) + 3600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));
}

/** Somebody who talks to the service, which knows them by their token. */
export async function serviceUser(address: string, sub: string, isSuperuser = false): Promise<JoblibUser> {
  return new JoblibUser(address, await tokenOf({ sub, is_superuser: isSuperuser }));
}
