import { ProblemError } from '@joblib/contract';
import type { Caller, CredentialSource, Identity } from '@joblib/nestjs';
import { jwtVerify } from 'jose';

const { SECRET = '' } = process.env;
if (SECRET === '') throw new Error('Set SECRET to the key of your tokens.');
const key = new TextEncoder().encode(SECRET);

/** Whoever has a token that was signed with our key is its `sub`. HTTP requests and sockets alike. */
export class TokenIdentity implements Identity {
  async authenticate({ authorization, auth }: CredentialSource): Promise<Caller> {
    const token = authorization?.replace(/^Bearer /i, '') ?? (auth as { token?: unknown } | undefined)?.token;
    const { payload } = await jwtVerify(String(token), key, { requiredClaims: ['sub'] }).catch((error: unknown) => {
      throw new ProblemError('Unauthorized', 'Send a token of this application.', { cause: error });
    });
    return { id: String(payload.sub), isSuperuser: false };
  }
}
