import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { JobManager, ProblemError } from '@joblib/client';
import type { Processes } from './processes.js';

const PROBE_TIMEOUT_MS = 3_000;
const TOKEN_TIMEOUT_MS = 30_000;
const START_TIMEOUT_SECONDS = 60;
const DISTRIBUTION = fileURLToPath(new URL('../../../dist/', import.meta.url));
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/m;
/** What would tie the demo's own service to databases, settings or keys of another one. */
const FOREIGN = /^(ZNDRAW_JOBLIB_.*|DATABASE_.*|REDIS_URL|CORS_ORIGINS|JOBLIB_.*|NODE_ENV|HOST|PORT)$/;

/** A service to talk to, and the way to tokens for it. */
export interface Service {
  readonly url: string;
  tokenFor(userId: string, options?: { readonly isSuperuser: boolean }): Promise<string>;
}

/** A service of our own: it runs until its `Processes` are stopped. */
export interface OwnService extends Service {
  readonly pid: number;
}

interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The service at `url`, or a sentence that says why it cannot be used. Nobody there: `null`. */
export async function findService(url: string): Promise<Service | string | null> {
  if (!(await answers(`${url}/health/live`))) return null;
  const here: Surroundings = { cwd: process.cwd(), env: process.env };
  const service: Service = { url, tokenFor: (userId, options) => makeToken(here, userId, options?.isSuperuser ?? false) };
  try {
    const { api } = new JobManager({ url, token: await service.tokenFor('demo-worker', { isSuperuser: true }), socket: false });
    const me = await api.me();
    return me.is_superuser ? service : `The service at ${url} does not accept our token as a superuser's.`;
  } catch (error) {
    if (error instanceof ProblemError && error.problem === 'Unauthorized')
      return `The service at ${url} refuses our token: it has another secret.`;
    return `The service at ${url} cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Starts a service on a free port with its database in `folder`, which should be empty; it reads no settings of ours. */
export async function startService(processes: Processes, folder: string): Promise<OwnService> {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  const env = { ...Object.fromEntries(own), HOST: '127.0.0.1', PORT: '0', DATABASE_URL: `sqlite:${join(folder, 'joblib.sqlite')}` };
  const program = processes.start({ name: 'service', script: join(DISTRIBUTION, 'main.js'), args: [], cwd: folder, env });
  const [, url = ''] = await program.lineMatching(/listening on (https?:\/\/[^\s"']+)/, START_TIMEOUT_SECONDS);
  return {
    url: url.replace(/\/+$/, ''),
    pid: program.pid,
    tokenFor: (userId, options) => makeToken({ cwd: folder, env }, userId, options?.isSuperuser ?? false),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).ok;
  } catch {
    return false; // not reached: then there is no service to use, whatever the reason
  }
}

async function makeToken({ cwd, env }: Surroundings, userId: string, isSuperuser: boolean): Promise<string> {
  const args = [join(DISTRIBUTION, 'token.js'), '--sub', userId, ...(isSuperuser ? ['--superuser'] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env, timeout: TOKEN_TIMEOUT_MS });
  const token = TOKEN.exec(stdout)?.[0];
  if (token === undefined) throw new Error(`${args[0]} printed no token.`);
  return token;
}
