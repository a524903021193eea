import { ServiceConfigError } from './service-errors.js';

/** @throws ServiceConfigError naming the first key that is not known, and those that are. */
export function assertKnownKeys(where: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new ServiceConfigError(`${where} has an unknown key ${unknown}: its keys are ${known.join(', ')}.`);
}

/** @throws ServiceConfigError. */
export function assertName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name.trim() === '') throw new ServiceConfigError('Plugin name cannot be empty');
}

/** @throws ServiceConfigError unless it can be the number of a port that is listened on. */
export function assertPort(where: string, port: unknown): asserts port is number {
  if (Number.isSafeInteger(port) && Number(port) >= 1 && Number(port) <= 65_535) return;
  throw new ServiceConfigError(`${where} must be a port number from 1 to 65535, got ${JSON.stringify(port)}.`);
}

/** @throws ServiceConfigError unless all values are texts, or `null` for "as it is here". */
export function assertEnvironment(where: string, value: unknown): asserts value is Readonly<Record<string, string | null>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    // Not what it is: there may be secrets in it.
    throw new ServiceConfigError(`${where} must be names with values, as in { NAME: value }.`);
  }
  for (const [name, text] of Object.entries(value)) {
    if (name === '' || /[=\0]/.test(name))
      throw new ServiceConfigError(`${where} has ${JSON.stringify(name)}, which is no name of a variable.`);
    if (text !== null && (typeof text !== 'string' || text.includes('\0'))) {
      throw new ServiceConfigError(`${where}.${name} must be a text (in quotes), or nothing for the server's own value.`);
    }
  }
}
