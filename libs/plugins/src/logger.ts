/** Where plugins and their manager say what they do; `console` is one. */
export interface PluginLogger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Everything but debug lines goes to the console. */
export const CONSOLE_LOGGER: PluginLogger = {
  debug: () => undefined,
  info: (message) => console.info(message),
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};

/** What went wrong, in one sentence for a person. Never empty. */
export function sentenceOf(error: unknown): string {
  if (isError(error)) return error.message || error.name;
  return String(error) || 'unknown error';
}

/** Whatever looks like one: what comes from a thread or another realm is no instance of this realm's `Error`. */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  const { message, stack } = value as { message?: unknown; stack?: unknown };
  return typeof message === 'string' && typeof stack === 'string';
}
