import { SYSTEM_CLOCK } from './clock.js';
import type { ClientClock } from './clock.js';
import type { FetchFunction } from './http/http-client.js';
import type { TokenOption } from './http/token-source.js';
import { CONSOLE_LOGGER } from './logger.js';
import type { ClientLogger } from './logger.js';
import type { JoblibSocket } from './sockets/joblib-socket.js';

/** How a `JobManager` reaches its server and how patient it is. Intervals are in seconds. */
export interface JobManagerOptions {
  /** Of the server, e.g. `http://127.0.0.1:8000`; a path prefix is kept. */
  readonly url: string;
  /** A bearer token, or a function that is asked for one at the first call and again after a 401. */
  readonly token: TokenOption;
  /** A Socket.IO client of the host's, which stays the host's to close; `false` to do without. One of our own by default. */
  readonly socket?: JoblibSocket | false;
  /** How many tasks `serve()` runs at a time. 1 by default. */
  readonly concurrency?: number;
  /** 30 by default. */
  readonly heartbeatInterval?: number;
  /** How long to wait between looks where the server does not hold them. 2 by default. */
  readonly pollingInterval?: number;
  /** How long an outage is ridden out. 120 by default. */
  readonly maxUnreachableSeconds?: number;
  /** How often a registration or a submission is tried before it fails. 5 by default. */
  readonly maxStartupRetries?: number;
  /** How long `disconnect()` and the end of `serve()` wait for running tasks and reads. 10 by default. */
  readonly drainSeconds?: number;
  readonly fetch?: FetchFunction;
  readonly clock?: ClientClock;
  /** Warnings and errors go to the console by default. */
  readonly logger?: ClientLogger;
}

/** Options with everything decided. */
export type SettledOptions = Required<Omit<JobManagerOptions, 'socket'>> & { readonly socket: JoblibSocket | false | null };

/** @throws TypeError that names the option that will not do. */
export function settleOptions(options: JobManagerOptions): SettledOptions {
  const settled: SettledOptions = {
    concurrency: 1,
    heartbeatInterval: 30,
    pollingInterval: 2,
    maxUnreachableSeconds: 120,
    maxStartupRetries: 5,
    drainSeconds: 10,
    fetch: (url, init) => globalThis.fetch(url, init),
    clock: SYSTEM_CLOCK,
    logger: CONSOLE_LOGGER,
    ...definedOnly(options),
    socket: options.socket ?? null,
    url: options.url.replace(/\/+$/, ''),
  };
  if (!URL.canParse(settled.url))
    throw new TypeError(`'url' has to be the address of a server, e.g. http://127.0.0.1:8000, not '${options.url}'.`);
  requireNumber(settled, 'concurrency', (value) => Number.isInteger(value) && value >= 1, 'a whole number from 1');
  requireNumber(settled, 'maxStartupRetries', (value) => Number.isInteger(value) && value >= 1, 'a whole number from 1');
  for (const name of ['heartbeatInterval', 'pollingInterval'] as const) requireNumber(settled, name, (value) => value > 0, 'more than 0');
  for (const name of ['maxUnreachableSeconds', 'drainSeconds'] as const) requireNumber(settled, name, (value) => value >= 0, '0 or more');
  return settled;
}

type NumberOption =
  | 'concurrency'
  | 'heartbeatInterval'
  | 'pollingInterval'
  | 'maxUnreachableSeconds'
  | 'maxStartupRetries'
  | 'drainSeconds';

function requireNumber(options: SettledOptions, name: NumberOption, isFit: (value: number) => boolean, wanted: string): void {
  if (!isFit(options[name])) throw new TypeError(`'${name}' has to be ${wanted}, not ${options[name]}.`);
}

/** `{ concurrency: undefined }` means the default, too. */
function definedOnly<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
