import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Paths of everything that is, or is about to be, committed. */
export function repositoryFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { encoding: 'utf8' });
  return listed.split('\0').filter((path) => path !== '' && existsSync(path));
}

export function read(path: string): string {
  return readFileSync(path, 'utf8');
}

/** Folders of somebody's machine: `/home/ada/x`, `/Users/ada/x`. A path below an address or a variable is none. */
const MACHINE_PATH = /(?<![\w.:~})\]-])\/(?:home|root|Users|work|workspace)\/\w[^\s'"`)]*/g;

export function machinePaths(text: string): string[] {
  return [...text.matchAll(MACHINE_PATH)].map(([path]) => path);
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly resolved?: string }>>;
}

/** Packages whose lock entry names the host they came from: whoever installs decides that. */
export function packagesTiedToAHost(lockfile: string): string[] {
  const { packages } = JSON.parse(lockfile) as Lockfile;
  return Object.entries(packages).flatMap(([path, { resolved }]) => (resolved?.includes('://') === true ? [path] : []));
}

const NPM_SCRIPT = /\bnpm (?:run (?:-s |--silent )*([a-z][\w-]*(?::[\w-]+)*)|(?:-s |--silent )*(start|test)\b)/g;

/** Names of the npm scripts that a text tells to run. */
export function npmScriptsIn(text: string): string[] {
  return [...text.matchAll(NPM_SCRIPT)].flatMap(([, script, short]) => script ?? short ?? []);
}
