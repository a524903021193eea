import { inspect } from 'node:util';

/** One line for people; everything there is to know with the log level `debug`. */
export function reportFailure(what: string, error: unknown, logLevel: string | undefined): void {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`${what}: ${message.replaceAll(/\s*\n\s*/g, ' ')}`);
  if (logLevel === 'debug' || logLevel === 'verbose') console.error(inspect(error));
}
