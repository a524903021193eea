import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';

/** A path in a payload cannot be used. The message is a sentence for the person who submitted the task. */
export class WorkspaceError extends Error {
  override readonly name = 'WorkspaceError';
}

const MAX_INPUT_BYTES = 16 * 1024 * 1024;

/** The one folder whose files tasks may name. Symbolic links are followed before the check, so none leads out of it. */
export class Workspace {
  private constructor(private readonly root: string) {}

  /** @throws when the folder is not there */
  static async open(folder: string): Promise<Workspace> {
    return new Workspace(await realpath(folder));
  }

  /** @throws WorkspaceError when the file is missing, outside, no regular file or larger than 16 MiB */
  async read(path: string): Promise<string> {
    const file = await this.inside(path, this.locate(path));
    const { size, isRegular } = await stat(file).then((found) => ({ size: found.size, isRegular: found.isFile() }));
    if (!isRegular) throw new WorkspaceError(`'${path}' is not a file.`);
    if (size > MAX_INPUT_BYTES) throw new WorkspaceError(`'${path}' has ${size} bytes; at most ${MAX_INPUT_BYTES} are read.`);
    return readFile(file, 'utf8');
  }

  /** Replaces the file in one step: a reader sees the old content or the new, never a part. */
  async write(path: string, content: string): Promise<void> {
    const target = this.locate(path);
    const file = join(await this.inside(dirname(path), dirname(target)), basename(target));
    const unfinished = `${file}.${process.pid}.part`;
    try {
      await writeFile(unfinished, content, { flag: 'wx' });
      await rename(unfinished, file);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw new WorkspaceError(`'${path}' cannot be written (${errorCode(error)}).`, { cause: error });
    }
  }

  private locate(path: string): string {
    if (path === '' || path.includes('\0') || isAbsolute(path)) {
      throw new WorkspaceError(`'${path}' is not a path relative to the worker's workspace.`);
    }
    const file = join(this.root, path);
    if (!this.contains(file)) throw new WorkspaceError(`'${path}' is outside of the worker's workspace.`);
    return file;
  }

  private async inside(path: string, file: string): Promise<string> {
    let real: string;
    try {
      real = await realpath(file);
    } catch (error) {
      throw new WorkspaceError(`There is no '${path}' in the worker's workspace.`, { cause: error });
    }
    if (real !== this.root && !this.contains(real)) throw new WorkspaceError(`'${path}' is outside of the worker's workspace.`);
    return real;
  }

  private contains(file: string): boolean {
    const path = relative(this.root, file);
    return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
