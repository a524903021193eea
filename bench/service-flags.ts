import { readFileSync } from 'node:fs';

const PACKAGE = new URL('../../package.json', import.meta.url);

/** What `npm start` tells Node before the service. @throws Error when it starts something else. */
export const SERVICE_FLAGS: readonly string[] = flagsOf(
  (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { scripts: { start: string } }).scripts.start,
);

function flagsOf(start: string): string[] {
  const flags = / node (.*)dist\/main\.js$/.exec(start)?.[1];
  if (flags === undefined) throw new Error(`'npm start' is not what it was: ${start}`);
  return flags.split(' ').filter(Boolean);
}
