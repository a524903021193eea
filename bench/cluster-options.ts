import { parseArgs } from 'node:util';

export interface ClusterOptions {
  /** A PostgreSQL server on which a database is made for each turn. */
  readonly postgresUrl: string;
  readonly redisUrl: string;
  /** How many servers, one turn each. */
  readonly servers: readonly number[];
  readonly connections: number;
  readonly seconds: number;
  readonly wakeUps: number;
}

export const CLUSTER_HELP = `npm run bench:cluster -- --postgres <url> --redis <url> [options]

  --servers 1,2,3      how many servers share the database; one turn each
  --connections 48     of all clients together
  --seconds 4          of load in each turn
  --wake-ups 200       held claims that are woken, on the same server and on another one`;

/** @throws Error when the servers are not named, or a number is none. */
export function parseClusterOptions(args: string[]): ClusterOptions {
  const { values } = parseArgs({
    args,
    options: {
      postgres: { type: 'string' },
      redis: { type: 'string' },
      servers: { type: 'string', default: '1,2,3' },
      connections: { type: 'string', default: '48' },
      seconds: { type: 'string', default: '4' },
      'wake-ups': { type: 'string', default: '200' },
    },
  });
  const { postgres, redis } = values;
  if (postgres === undefined || redis === undefined) throw new Error(`--postgres and --redis are missing.\n\n${CLUSTER_HELP}`);
  return {
    postgresUrl: postgres,
    redisUrl: redis,
    servers: values.servers.split(',').map((text) => positive('servers', text)),
    connections: positive('connections', values.connections),
    seconds: positive('seconds', values.seconds),
    wakeUps: positive('wake-ups', values['wake-ups']),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`--${name} is '${text}'; it has to be a number above 0.\n\n${CLUSTER_HELP}`);
}
