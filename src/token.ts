import { createSecretKey } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { SignJWT } from 'jose';
import { signingSecretOf } from './auth/signing-secret.js';
import { ConfigError } from './config/config-error.js';
import { earlyLogLevel, readEnvironment } from './config/environment.js';
import { readServiceConfig } from './config/service-config.js';
import type { ServiceConfig } from './config/service-config.js';
import { reportFailure } from './log/report-failure.js';
import { stderrLogger } from './log/stderr-logger.js';

const USAGE = 'npm run token -- --sub <user id> [--superuser] [--expires-in 12h]';

interface TokenRequest {
  readonly sub: string;
  readonly isSuperuser: boolean;
  /** As in `90s`, `30m`, `12h`, `7d`. */
  readonly expiresIn: string;
}

async function main(): Promise<void> {
  Logger.overrideLogger(stderrLogger);
  const request = readArguments(process.argv.slice(2));
  const config = readServiceConfig(readEnvironment(process.cwd()));
  process.stdout.write(`${await signToken(request, config)}\n`);
}

function readArguments(args: string[]): TokenRequest {
  const { values } = parseArguments(args);
  if (!values.sub) throw new ConfigError(`--sub is missing; usage: ${USAGE}`);
  const expiresIn = values['expires-in'];
  if (!/^[1-9]\d{0,8}[smhd]$/.test(expiresIn))
    throw new ConfigError(`--expires-in is '${expiresIn}'; it has to be like 90s, 30m, 12h or 7d.`);
  return { sub: values.sub, isSuperuser: values.superuser, expiresIn };
}

function parseArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        sub: { type: 'string' },
        superuser: { type: 'boolean', default: false },
        'expires-in': { type: 'string', default: '12h' },
      },
    });
  } catch (error) {
    throw new ConfigError(`${(error as Error).message} Usage: ${USAGE}`, { cause: error });
  }
}

async function signToken({ sub, isSuperuser, expiresIn }: TokenRequest, config: ServiceConfig): Promise<string> {
  const { audience, issuer } = config.identity;
  const secret = await sharedSecretOf(config);
  const token = new SignJWT(isSuperuser ? { is_superuser: true } : {}).setProtectedHeader({ alg: 'HS256', typ: 'JWT' });
  token.setSubject(sub).setIssuedAt().setExpirationTime(expiresIn);
  if (audience !== null) token.setAudience(audience);
  if (issuer !== null) token.setIssuer(issuer);
  return token.sign(createSecretKey(Buffer.from(secret)));
}

/** @throws ConfigError when no server could ever check what is signed here. */
async function sharedSecretOf(config: ServiceConfig): Promise<string> {
  const { database, identity } = config;
  const isForgetful = database.engine === 'sqlite' && database.file === null;
  if (isForgetful && identity.secret === null && identity.jwksUrl === null) {
    throw new ConfigError(
      'DATABASE_URL is in memory, so the made secret is known to the server alone; set ZNDRAW_JOBLIB_JWT_SECRET for both.',
    );
  }
  const secret = await signingSecretOf(config);
  if (secret !== null) return secret;
  throw new ConfigError(
    'Only ZNDRAW_JOBLIB_JWKS_URL is set: tokens come from whoever holds its private keys; set ZNDRAW_JOBLIB_JWT_SECRET to make them here.',
  );
}

main().catch((error: unknown) => {
  reportFailure('no token', error, earlyLogLevel());
  process.exit(1);
});
