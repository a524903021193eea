import type { Caller, CredentialSource, Identity } from '@joblib/nestjs';
import { bearerTokenOf } from './bearer-token.js';
import type { ManagedTokens } from './managed-tokens.js';

/** Knows what this server manages by the tokens that it was given, each time anew; everybody else is known by `others`. */
export class ManagedIdentity implements Identity {
  constructor(
    private readonly tokens: ManagedTokens,
    private readonly others: Identity,
  ) {}

  /** @throws ProblemError `Unauthorized`. */
  authenticate(source: CredentialSource): Promise<Caller> {
    const token = this.tokens.isEmpty ? null : bearerTokenOf(source);
    const holder = token === null ? null : this.tokens.holderOf(token);
    return holder === null ? this.others.authenticate(source) : Promise.resolve(holder.caller);
  }
}
