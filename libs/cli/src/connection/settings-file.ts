import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { parseEnv } from 'node:util';

import { UsageError } from '../errors.js';

/** What the file says; `null` for what it does not. */
export interface FileSettings {
  readonly url: string | null;
  readonly token: string | null;
}

/** `joblib/env` in the folder for settings (XDG): `~/.config` unless `XDG_CONFIG_HOME` says otherwise. */
export function settingsPath(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['XDG_CONFIG_HOME'] ?? '';
  const home = env['HOME'] || homedir();
  return join(isAbsolute(named) ? named : join(home, '.config'), 'joblib', 'env');
}

/**
 * Lines as in the environment: `JOBLIB_URL=…`, `JOBLIB_TOKEN=…`. A file that is not there says nothing.
 * @throws UsageError when it is there and cannot be read.
 */
export async function readSettingsFile(path: string, warn: (sentence: string) => Promise<void>): Promise<FileSettings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return { url: null, token: null };
    throw new UsageError(`The settings file cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  const { JOBLIB_URL: url, JOBLIB_TOKEN: token } = parseEnv(text);
  if (token && (await isOpenToOthers(path))) await warn(`${path} holds a token and others can read it: chmod 600 '${path}'`);
  return { url: url?.trim() || null, token: token?.trim() || null };
}

async function isOpenToOthers(path: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0;
}
