import { pathToFileURL } from 'node:url';
import { resolve as resolveModule } from 'import-meta-resolve';

import { PluginRegistrationError } from '../plugin-registration-error.js';
import { sentenceOf } from '../logger.js';

/** Where a plugin's class is found. Plain values: it is handed to threads as it is. */
export interface PluginSource {
  /** As it was written, or as discovery found it: `package/file.js#Export`. */
  readonly reference: string;
  /** As it was written before the `#`, for messages. */
  readonly moduleName: string;
  readonly moduleUrl: string;
  readonly exportName: string;
}

/**
 * Reads `"<package, subpath or path>#<ExportName>"`; packages and relative paths are looked for from `baseUrl`.
 * @throws PluginRegistrationError without a `#` or with an empty part, and when there is no such module.
 */
export function sourceOf(reference: string, baseUrl: string): PluginSource {
  const { moduleName, exportName } = partsOf(reference);
  try {
    return { reference, moduleName, moduleUrl: urlOf(moduleName, baseUrl), exportName };
  } catch (error) {
    throw cannotImport(moduleName, error);
  }
}

/** A path may have a `#` of its own: the last one counts. @throws PluginRegistrationError without a `#` or with an empty part. */
export function partsOf(reference: string): { moduleName: string; exportName: string } {
  const at = reference.lastIndexOf('#');
  const moduleName = reference.slice(0, Math.max(at, 0)).trim();
  const exportName = reference.slice(at + 1).trim();
  if (moduleName === '' || exportName === '') {
    throw new PluginRegistrationError(
      `Invalid class name format: ${reference} (write "<module>#<ExportName>", as in "./plugins/slack.mjs#SlackPlugin")`,
    );
  }
  return { moduleName, exportName };
}

export function cannotImport(moduleName: string, cause: unknown): PluginRegistrationError {
  return new PluginRegistrationError(`Cannot import module ${moduleName}: ${sentenceOf(cause)}`, { cause });
}

function urlOf(moduleName: string, baseUrl: string): string {
  if (moduleName.startsWith('./') || moduleName.startsWith('../')) return new URL(encodePath(moduleName), baseUrl).href;
  if (moduleName.startsWith('/')) return pathToFileURL(moduleName).href;
  return resolveModule(moduleName, baseUrl);
}

/** What means something in an address, but nothing in a path. */
function encodePath(path: string): string {
  return path.replaceAll('%', '%25').replaceAll('#', '%23').replaceAll('?', '%3F');
}
