import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { Strategy } from 'passport-jwt';
import type { JwksKeys } from './jwks-keys.js';
import { TokenRefused } from './token-claims.js';

type Algorithm = 'HS256' | 'RS256' | 'ES256';

/** What tokens are checked against. */
export interface TokenVerifierOptions {
  /** HS256 key. */
  readonly secret: string | null;
  /** RS256 and ES256 keys. */
  readonly jwks: JwksKeys | null;
  readonly audience: string | null;
  readonly issuer: string | null;
}

/** What passport adds to a strategy for one attempt. */
interface Attempt {
  success(claims: unknown): void;
  fail(reason: unknown): void;
  error(reason: unknown): void;
  authenticate(request: TokenRequest): void;
}

interface TokenRequest {
  readonly token: string;
}

/** Whether a token is too old or too young is judged by the application's clock, elsewhere. */
const OUR_CLOCK = { ignoreExpiration: true, jsonWebTokenOptions: { ignoreExpiration: true, ignoreNotBefore: true } };

/**
 * Checks signature, algorithm, audience and issuer with passport-jwt's strategy. Each key is used with its own algorithms
 * only: a public key never serves as an HMAC secret, and `none` is not among the algorithms. Times are the caller's to check.
 */
export class TokenVerifier {
  readonly #strategy: Strategy;
  readonly #secretKey: KeyObject | null;

  constructor(private readonly options: TokenVerifierOptions) {
    // A key object: with the secret as text every verification would make one anew, fifty times the cost on Node 20.
    this.#secretKey = options.secret === null ? null : createSecretKey(Buffer.from(options.secret));
    const algorithms: Algorithm[] = [
      ...(options.secret === null ? [] : ['HS256' as const]),
      ...(options.jwks === null ? [] : (['RS256', 'ES256'] as const)),
    ];
    this.#strategy = new Strategy(
      {
        jwtFromRequest: (request) => (request as unknown as TokenRequest).token,
        secretOrKeyProvider: (_request, token: string, done) => void this.#keyFor(token).then((key) => done(null, asDeclared(key)), done),
        algorithms,
        ...OUR_CLOCK,
        ...(options.audience === null ? {} : { audience: options.audience }),
        ...(options.issuer === null ? {} : { issuer: options.issuer }),
      },
      (claims: unknown, done) => done(null, claims),
    );
  }

  /**
   * Resolves to the claims of a token.
   * @throws TokenRefused when its signature, algorithm, audience or issuer is not accepted.
   */
  verify(token: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const refuse = (reason: unknown): void =>
        reject(reason instanceof TokenRefused ? reason : new TokenRefused('The token is not accepted here.', { cause: reason }));
      const attempt = Object.create(this.#strategy) as Attempt;
      attempt.success = resolve;
      attempt.fail = refuse;
      attempt.error = refuse;
      attempt.authenticate({ token });
    });
  }

  async #keyFor(token: string): Promise<KeyObject> {
    const header = readHeader(token);
    // RFC 7515, 4.1.11: extensions that the signer calls critical, and of which we know none.
    if (header.crit !== undefined) throw new TokenRefused('The token has critical extensions that are not known here.');
    if (header.alg === 'HS256' && this.#secretKey !== null) return this.#secretKey;
    if ((header.alg === 'RS256' || header.alg === 'ES256') && this.options.jwks !== null)
      return this.options.jwks.keyFor({ ...header, alg: header.alg });
    throw new TokenRefused('The token is signed with an algorithm that is not accepted here.');
  }
}

function readHeader(token: string): ReturnType<typeof decodeProtectedHeader> {
  try {
    return decodeProtectedHeader(token);
  } catch (error) {
    throw new TokenRefused('The token is not a JWT.', { cause: error });
  }
}

/** The strategy hands the key to jsonwebtoken, which takes key objects; only the declared type does not. */
function asDeclared(key: KeyObject): Buffer {
  return key as unknown as Buffer;
}
