import { ConfigError } from './config-error.js';
import { parseDatabaseUrl } from './database-url.js';
import type { DatabaseTarget } from './database-url.js';
import type { Environment } from './environment.js';
import { readRedisUrl } from './redis-url.js';
import { choiceOf, integerOf, listOf, refusal, switchOf, textOf, webAddressOf } from './variables.js';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

/** An HS256 key has to be as long as the hash (RFC 7518, 3.2). */
export const MIN_SECRET_BYTES = 32;

/** Which tokens are accepted. */
export interface IdentityConfig {
  /** HS256 key; `null` when it has to be made, or when only `jwksUrl` counts. */
  readonly secret: string | null;
  readonly jwksUrl: URL | null;
  readonly audience: string | null;
  readonly issuer: string | null;
  /** Values of `sub`. */
  readonly superusers: readonly string[];
}

/** Everything the service reads from its environment, but for the settings of the library. */
export interface ServiceConfig {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly database: DatabaseTarget;
  /** Connections that one server opens at most; PostgreSQL only. */
  readonly databasePoolSize: number;
  /** With its password; `null` when this server shares nothing with others but the database. */
  readonly redisUrl: string | null;
  /** Bring the schema up to date at start; otherwise refuse to start with an old one. */
  readonly migrate: boolean;
  readonly identity: IdentityConfig;
  /** Origins that browsers may call from besides the service's own; `*` stands for all. */
  readonly corsOrigins: readonly string[];
  readonly logLevel: LogLevelName;
  /** Path of the file that says what extends the service; `null`: the usual one, if it is there. */
  readonly joblibFile: string | null;
}

/** @throws ConfigError for the first bad value. */
export function readServiceConfig(environment: Environment): ServiceConfig {
  const redisUrl = textOf(environment, 'REDIS_URL');
  return {
    host: textOf(environment, 'HOST') ?? '127.0.0.1',
    port: integerOf(environment, 'PORT', 8000, 0, 65_535),
    database: parseDatabaseUrl(textOf(environment, 'DATABASE_URL') ?? 'sqlite:data/joblib.sqlite'),
    databasePoolSize: integerOf(environment, 'DATABASE_POOL_SIZE', 10, 1, 1000),
    redisUrl: redisUrl === null ? null : readRedisUrl(redisUrl),
    migrate: switchOf(environment, 'DATABASE_MIGRATE', true),
    identity: readIdentity(environment),
    corsOrigins: listOf(environment, 'CORS_ORIGINS').map(readOrigin),
    logLevel: choiceOf(environment, 'LOG_LEVEL', LOG_LEVELS, 'log'),
    joblibFile: textOf(environment, 'JOBLIB_CONFIG'),
  };
}

function readIdentity(environment: Environment): IdentityConfig {
  // As it is, white space included: whoever signs the tokens does not trim it either.
  const secret = environment['ZNDRAW_JOBLIB_JWT_SECRET'] || null;
  const jwksUrl = webAddressOf(environment, 'ZNDRAW_JOBLIB_JWKS_URL');
  const secretBytes = Buffer.byteLength(secret ?? '');
  if (secret !== null && secretBytes < MIN_SECRET_BYTES) {
    throw new ConfigError(`ZNDRAW_JOBLIB_JWT_SECRET has ${secretBytes} bytes; it has to be at least ${MIN_SECRET_BYTES}.`);
  }
  if (environment['NODE_ENV'] === 'production' && secret === null && jwksUrl === null) {
    throw new ConfigError("NODE_ENV is 'production': ZNDRAW_JOBLIB_JWT_SECRET or ZNDRAW_JOBLIB_JWKS_URL has to be set.");
  }
  return {
    secret,
    jwksUrl,
    audience: textOf(environment, 'ZNDRAW_JOBLIB_JWT_AUDIENCE'),
    issuer: textOf(environment, 'ZNDRAW_JOBLIB_JWT_ISSUER'),
    superusers: listOf(environment, 'ZNDRAW_JOBLIB_SUPERUSERS'),
  };
}

function readOrigin(text: string): string {
  if (text === '*') return text;
  const origin = URL.canParse(text) ? new URL(text).origin : 'null';
  // Browsers send no path: an origin with one would never match, silently.
  if (origin === 'null' || ![origin, `${origin}/`].includes(text.toLowerCase())) {
    throw refusal('CORS_ORIGINS', text, "'*' or origins such as https://app.example.org, without a path");
  }
  return origin;
}
