import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

import { glob } from 'tinyglobby';

import { ReadFailure } from './read-failure.js';

/** An entry of a folder; `path` is relative to the folder that is served, with slashes. */
export interface FolderEntry {
  readonly path: string;
  readonly type: 'file' | 'directory';
  /** In bytes; of a directory 0. */
  readonly size: number;
}

/** A folder whose contents may be read, and nothing outside of it: neither by `..`, nor by an absolute path, nor by a link. */
export class Folder {
  private constructor(private readonly root: string) {}

  static async open(path: string): Promise<Folder> {
    return new Folder(await realpath(path));
  }

  /** What is directly in a directory, or the one file that `path` names. */
  async list(path: string): Promise<FolderEntry[]> {
    const inside = await this.#inside(path);
    if ((await stat(inside)).isFile()) return [await this.#entry(inside)];
    return this.#entries((await readdir(inside)).map((name) => join(inside, name)));
  }

  /** Files below `path` that match a pattern such as `*.xyz`; links are not followed. */
  async glob(path: string, pattern: string): Promise<FolderEntry[]> {
    const cwd = await this.#inside(path);
    if (isAbsolute(pattern) || pattern.split(/[\\/]/).includes('..')) throw outside(pattern);
    return this.#entries(await glob(pattern, { cwd, absolute: true, dot: true, followSymbolicLinks: false, expandDirectories: false }));
  }

  /** The bytes of a file. */
  async read(path: string): Promise<Uint8Array> {
    const inside = await this.#inside(path);
    if (!(await stat(inside)).isFile()) throw new ReadFailure(422, 'Not a file', `${path} is a directory.`);
    return readFile(inside);
  }

  /** Where a path leads to; a leading slash means the folder itself. */
  async #inside(path: string): Promise<string> {
    const wanted = resolve(this.root, `./${path}`);
    // Before looking: what is outside is not even told whether it exists.
    if (!this.#contains(wanted)) throw outside(path);
    const real = await realpath(wanted).catch(() => null);
    if (real === null) throw new ReadFailure(404, 'No such file', `There is no ${path} here.`);
    if (!this.#contains(real)) throw outside(path);
    return real;
  }

  #contains(path: string): boolean {
    return path === this.root || path.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep);
  }

  /** Without what leads outside. */
  async #entries(paths: readonly string[]): Promise<FolderEntry[]> {
    const real = await Promise.all(paths.map((path) => realpath(path).catch(() => null)));
    const inside = paths.filter((_, index) => real[index] !== null && this.#contains(String(real[index])));
    return Promise.all(inside.sort().map((path) => this.#entry(path)));
  }

  async #entry(path: string): Promise<FolderEntry> {
    const facts = await stat(path);
    const isFile = facts.isFile();
    return {
      path: relative(this.root, path).split(sep).join('/'),
      type: isFile ? 'file' : 'directory',
      size: isFile ? facts.size : 0,
    };
  }
}

function outside(path: string): ReadFailure {
  return new ReadFailure(403, 'Outside of the folder', `${path} is not in the folder that is served.`);
}
