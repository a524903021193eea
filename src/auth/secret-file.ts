import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Logger } from '@nestjs/common';
import { ConfigError } from '../config/config-error.js';
import { MIN_SECRET_BYTES } from '../config/service-config.js';

const WAY_OUT = 'set ZNDRAW_JOBLIB_JWT_SECRET instead';

/** A secret that nobody can guess, as text that is long enough for HS256. */
export function randomSecret(): string {
  return randomBytes(MIN_SECRET_BYTES).toString('base64url');
}

/**
 * The secret in a file, which is made (mode 0600) when there is none. Of two starts at the same moment one makes it, and
 * both use it.
 * @throws ConfigError when the file cannot be made or read, or holds no usable secret.
 */
export async function secretOfFile(path: string): Promise<string> {
  try {
    return await readSecret(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw unusable(path, error);
  }
  try {
    await publishSecret(path);
    return await readSecret(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

async function readSecret(path: string): Promise<string> {
  const secret = (await readFile(path, 'utf8')).trim();
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new ConfigError(
      `The secret in '${path}' has less than ${MIN_SECRET_BYTES} bytes; delete the file to have a new one made, or ${WAY_OUT}.`,
    );
  }
  if (((await stat(path)).mode & 0o077) !== 0)
    new Logger('Auth').warn(`'${path}' can be read by others on this machine; make it mode 0600.`);
  return secret;
}

/** Writes it whole beside its place first: a name that exists never has half a secret, whoever is killed in between. */
async function publishSecret(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomSecret()}\n`);
    await file.sync();
    await file.close();
    await link(draft, path);
    new Logger('Auth').warn(`No ZNDRAW_JOBLIB_JWT_SECRET is set: a random one was made and is kept in '${path}'.`);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await file.close();
    await unlink(draft);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function unusable(path: string, error: unknown): Error {
  if (error instanceof ConfigError) return error;
  return new ConfigError(`The secret file '${path}' cannot be used: ${(error as Error).message}; ${WAY_OUT}.`, { cause: error });
}
