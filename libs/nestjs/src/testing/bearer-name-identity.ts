import { ProblemError } from '@joblib/contract';

import type { Caller, CredentialSource, Identity } from '../ports/index.js';

/** Takes the bearer token (of a socket: `auth.token`) for the user's name; `root` is a superuser. For tests: it proves nothing. */
export class BearerNameIdentity implements Identity {
  authenticate({ authorization, auth }: CredentialSource): Promise<Caller> {
    const token = authorization?.replace(/^Bearer /i, '') ?? (auth as { token?: unknown } | undefined)?.token;
    if (typeof token === 'string' && token !== '') return Promise.resolve({ id: token, isSuperuser: token === 'root' });
    return Promise.reject(
      new ProblemError('Unauthorized', 'Send a name as the bearer token.', { headers: { 'WWW-Authenticate': 'Bearer' } }),
    );
  }
}
