import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';

import { CommandFailure, UsageError } from '../errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What tokens of a service are signed with. */
export interface Signing {
  readonly secret: string;
  readonly audience: string | null;
  readonly issuer: string | null;
}

/** An HS256 key has to be as long as the hash (RFC 7518, 3.2); the service takes no shorter one. */
const MIN_SECRET_BYTES = 32;

/**
 * Finds the secret as the service in that folder does: in the environment or its `.env` file, else in the file that the service made beside
 * its database. Nothing is made: a secret that no service knows would sign tokens that no service takes.
 * @throws CommandFailure when there is none, UsageError when it cannot be one.
 */
export async function findSigning(folder: string, processEnvironment: Environment): Promise<Signing> {
  const env = { ...parseEnv((await textOfFile(join(folder, '.env'))) ?? ''), ...processEnvironment };
  const audience = env['ZNDRAW_JOBLIB_JWT_AUDIENCE']?.trim() || null;
  const issuer = env['ZNDRAW_JOBLIB_JWT_ISSUER']?.trim() || null;
  // As it is, white space included, like the service.
  const secret = env['ZNDRAW_JOBLIB_JWT_SECRET'] || null;
  if (secret !== null) return { secret: longEnough(secret, 'ZNDRAW_JOBLIB_JWT_SECRET'), audience, issuer };
  if (env['ZNDRAW_JOBLIB_JWKS_URL']?.trim())
    throw new CommandFailure(
      'Only ZNDRAW_JOBLIB_JWKS_URL is set: tokens come from whoever holds its private keys, or from ZNDRAW_JOBLIB_JWT_SECRET.',
    );
  return { secret: await madeSecret(folder, env), audience, issuer };
}

async function madeSecret(folder: string, env: Environment): Promise<string> {
  const path = resolve(folder, secretFolder(env['DATABASE_URL']?.trim() || 'sqlite:data/joblib.sqlite'), 'jwt-secret');
  const text = await textOfFile(path);
  if (text !== null) return longEnough(text.trim(), path);
  throw new CommandFailure(
    `No secret to sign with: ZNDRAW_JOBLIB_JWT_SECRET is not set, and there is no ${path}. Start the service once, name its folder with --folder, or set the variable for both.`,
  );
}

/** Where the service keeps it: beside the database file, in `data` for a database on a server. */
function secretFolder(databaseUrl: string): string {
  if (/^postgres(?:ql)?:/i.test(databaseUrl)) return 'data';
  const path = /^sqlite:(.+)$/is.exec(databaseUrl)?.[1];
  if (path === undefined) throw new UsageError('DATABASE_URL is neither sqlite:<path> nor postgres://….');
  if (path !== ':memory:') return dirname(path);
  throw new CommandFailure(
    'DATABASE_URL is in memory, so the made secret is known to the server alone; set ZNDRAW_JOBLIB_JWT_SECRET for both.',
  );
}

function longEnough(secret: string, place: string): string {
  const bytes = Buffer.byteLength(secret);
  if (bytes >= MIN_SECRET_BYTES) return secret;
  throw new UsageError(`The secret in ${place} has ${bytes} bytes; it has to be at least ${MIN_SECRET_BYTES}.`);
}

async function textOfFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw new CommandFailure(`The secret cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}
