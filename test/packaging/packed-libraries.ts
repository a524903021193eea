import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const REPOSITORY = process.cwd();

/** The parts of a package.json that an installation looks at. */
export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface Library {
  /** Its folder in the repository. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** A library as a host has it: unpacked from its tarball. */
export interface InstalledLibrary extends Library {
  readonly installedFolder: string;
  /** Paths inside the tarball, e.g. `dist/index.js`. */
  readonly files: readonly string[];
}

/** Every package in `libs/`. */
export function libraries(): Library[] {
  const folders = readdirSync(join(REPOSITORY, 'libs')).map((name) => join(REPOSITORY, 'libs', name));
  return folders
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest }));
}

/** What has to be installed for a library to work. */
export function declaredDependencies({ manifest }: Library): string[] {
  return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
}

/**
 * Packs libraries (every one, unless some are given) and installs the tarballs into `host`, an empty folder. Needs no network: what
 * they declare from elsewhere is linked from this repository, and nothing else is, so that an import they forgot to declare fails.
 */
export function installPacked(host: string, all: readonly Library[] = libraries()): InstalledLibrary[] {
  for (const name of new Set([...all.flatMap(declaredDependencies), '@types/node'])) {
    if (!all.some(({ manifest }) => manifest.name === name)) link(name, all, host);
  }
  return all.map((library) => install(library, host));
}

function install(library: Library, host: string): InstalledLibrary {
  const installedFolder = join(host, 'node_modules', library.manifest.name);
  mkdirSync(installedFolder, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--json', '--offline', '--pack-destination', host], {
    cwd: library.folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [tarball] = packedTarballs(packed);
  execFileSync('tar', ['-xzf', join(host, tarball.filename), '-C', installedFolder, '--strip-components=1']);
  return { ...library, installedFolder, files: tarball.files.map(({ path }) => path) };
}

interface PackedTarball {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** npm answers a list up to version 11, and an object by package name after it. */
function packedTarballs(json: string): [PackedTarball] {
  const answer = JSON.parse(json) as PackedTarball[] | Record<string, PackedTarball>;
  const [tarball] = Object.values(answer);
  if (tarball === undefined) throw new Error(`npm pack answered no tarball: ${json}`);
  return [tarball];
}

function link(name: string, all: readonly Library[], host: string): void {
  const places = [...all.map(({ folder }) => folder), REPOSITORY].map((folder) => join(folder, 'node_modules', name));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${name} is declared by a library and not installed here; run \`npm ci\`.`);
  const target = join(host, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(realpathSync(found), target);
}
