import { UsageError } from '../errors.js';
import { readSettingsFile, settingsPath } from './settings-file.js';

/** Where, and as whom. */
export interface ServerSettings {
  readonly url: string;
  readonly token: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A value, and what to call the place it is from. */
interface Found {
  readonly value: string;
  readonly place: string;
}

const DEFAULT_URL = 'http://127.0.0.1:8000';

/**
 * The options, else the environment, else the settings file. The file's token goes to the file's address only: whoever names another server
 * does not want to show it there. `warn` is told what its reader should mend.
 * @throws UsageError when there is no token, or one of the two cannot be what it is called.
 */
export async function findServerSettings(
  options: { readonly url?: string | undefined; readonly token?: string | undefined },
  env: Environment,
  warn: (sentence: string) => Promise<void>,
): Promise<ServerSettings> {
  const path = settingsPath(env);
  const given = { url: named(options.url, '--url') ?? fromEnvironment(env, 'JOBLIB_URL'), token: tokenGiven(options.token, env) };
  const file = given.url === null || given.token === null ? await readSettingsFile(path, warn) : { url: null, token: null };
  const fileUrl = named(file.url, `JOBLIB_URL in ${path}`);
  const url = addressOf(given.url ?? fileUrl ?? { value: DEFAULT_URL, place: 'the default' });
  if (given.token !== null) return { url, token: tokenOf(given.token) };
  if (file.token === null) throw new UsageError(missingToken(path));
  const home = addressOf(fileUrl ?? { value: DEFAULT_URL, place: 'the default' });
  if (home !== url) throw new UsageError(`The token in ${path} is for ${home}, not for ${url}: give --token, or set JOBLIB_TOKEN.`);
  return { url, token: tokenOf({ value: file.token, place: `JOBLIB_TOKEN in ${path}` }) };
}

function tokenGiven(option: string | undefined, env: Environment): Found | null {
  return named(option, '--token') ?? fromEnvironment(env, 'JOBLIB_TOKEN');
}

function named(value: string | null | undefined, place: string): Found | null {
  return value === undefined || value === null ? null : { value, place };
}

/** An empty variable counts as unset. */
function fromEnvironment(env: Environment, name: string): Found | null {
  const value = env[name]?.trim() ?? '';
  return value === '' ? null : { value, place: name };
}

function addressOf({ value, place }: Found): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`${place} is '${value}'; it has to be the address of a server, like http://127.0.0.1:8000.`);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function tokenOf({ value, place }: Found): string {
  if (/^[\u0021-\u007e]+$/.test(value)) return value;
  // What a script prints around a token is the usual reason.
  throw new UsageError(`${place} is no token: it has spaces or line breaks in it. Is there more in it than the token?`);
}

function missingToken(path: string): string {
  return `No token: give --token, set JOBLIB_TOKEN, or put JOBLIB_TOKEN=… into ${path}. 'joblib token --help' says how to make one.`;
}
