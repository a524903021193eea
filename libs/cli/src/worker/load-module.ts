import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { UsageError } from '../errors.js';

const TYPESCRIPT = ['.ts', '.mts', '.cts', '.tsx'];

/**
 * Imports a file. TypeScript and what it imports is translated on the way, without looking at its types.
 * @throws UsageError when it is not there, or fails while it is loaded.
 */
export async function loadModule(path: string, folder: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(folder, path);
  const found = await stat(file).catch(() => null);
  if (found?.isFile() !== true) throw new UsageError(`There is no file '${path}'.`);
  if (TYPESCRIPT.includes(extname(file))) await translateTypeScript();
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new UsageError(`'${path}' cannot be loaded: ${describe(error, file)}`, { cause: error });
  }
}

/** It stays: the module may load more while it runs. Without a package.json that says otherwise a file is CommonJS, and is required. */
async function translateTypeScript(): Promise<void> {
  // Only now: every other command starts sooner without.
  const [forRequire, forImport] = await Promise.all([import('tsx/cjs/api'), import('tsx/esm/api')]);
  forRequire.register();
  forImport.register();
}

/** With the place in that file, if it is known. */
function describe(error: unknown, file: string): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message || error.name;
  const place = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at ') && line.includes(file));
  const position = place === undefined ? null : /:(\d+):\d+\)?$/.exec(place);
  return position === null ? message : `${message} (line ${position[1]})`;
}
