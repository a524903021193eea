import { sentenceOf } from '../logger.js';
import { PluginRegistrationError } from '../plugin-registration-error.js';
import { cannotImport } from './plugin-source.js';
import type { PluginSource } from './plugin-source.js';

type PluginClass = new () => unknown;

/**
 * Imports the module and constructs the class, without arguments. What that is, is for `inspect` to say.
 * @throws PluginRegistrationError when the module cannot be imported, has no such class, or its constructor throws.
 */
export async function instantiate(source: PluginSource): Promise<unknown> {
  const found = (await importModule(source))[source.exportName];
  if (!isClass(found)) throw new PluginRegistrationError(`Module ${source.moduleName} has no class ${source.exportName}`);
  try {
    return new found();
  } catch (error) {
    throw registrationFailed(source.reference, error);
  }
}

/** The refusal for whatever has no text of its own; a refusal stays as it is. */
export function registrationFailed(what: string, cause: unknown): PluginRegistrationError {
  if (cause instanceof PluginRegistrationError) return cause;
  return new PluginRegistrationError(`Failed to register plugin ${what}: ${sentenceOf(cause)}`, { cause });
}

async function importModule({ moduleName, moduleUrl }: PluginSource): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(moduleUrl)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw cannotImport(moduleName, error);
  }
}

/** Whether `new` may be written before it. Its constructor is not run to find out. */
function isClass(value: unknown): value is PluginClass {
  if (typeof value !== 'function') return false;
  try {
    Reflect.construct(Object, [], value);
    return true;
  } catch {
    return false;
  }
}
