import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { ConfigError } from './config-error.js';

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The process's environment over the `.env` file of a folder, which may be missing. Nothing is written to `process.env`.
 * @throws ConfigError when the file is there and cannot be read.
 */
export function readEnvironment(folder: string, processEnvironment: Environment = process.env): Environment {
  return { ...parse(readDotEnv(join(folder, '.env'))), ...processEnvironment };
}

/** The wanted log level, for telling of failures so early that nothing else of the environment was read. */
export function earlyLogLevel(): string | undefined {
  return process.env['LOG_LEVEL'];
}

function readDotEnv(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new ConfigError(`The file '${path}' cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}
