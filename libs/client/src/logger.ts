/** Where the client says what it rides out and why it stops; `console` is one. */
export interface ClientLogger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Warnings and errors go to the console; ordinary news to nobody. */
export const CONSOLE_LOGGER: ClientLogger = {
  info: () => undefined,
  warn: (message) => console.warn(`joblib: ${message}`),
  error: (message) => console.error(`joblib: ${message}`),
};

/** What went wrong, in one sentence for a person. Never empty. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error) || 'Unknown error';
  return error.message || error.name;
}
