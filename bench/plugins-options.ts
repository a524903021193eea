import { parseArgs } from 'node:util';

export interface PluginsOptions {
  /** `null`: on SQLite. */
  readonly postgresUrl: string | null;
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
}

export const PLUGINS_HELP = `npm run bench:plugins -- [options]

  --seconds 4        of load in each turn
  --rounds 5         in each of which every kind of server has a turn; the medians are compared
  --connections 48
  --postgres <url>   a PostgreSQL server on which a database is made for each turn; without it, SQLite`;

/** @throws Error when a number is none. */
export function parsePluginsOptions(args: string[]): PluginsOptions {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '5' },
      connections: { type: 'string', default: '48' },
      postgres: { type: 'string' },
    },
  });
  return {
    postgresUrl: values.postgres ?? null,
    connections: positive('connections', values.connections),
    seconds: positive('seconds', values.seconds),
    rounds: positive('rounds', values.rounds),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`--${name} is '${text}'; it has to be a number above 0.\n\n${PLUGINS_HELP}`);
}
