import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { declaredDependencies, installPacked, libraries } from '../packaging/packed-libraries.js';
import type { Library, Manifest } from '../packaging/packed-libraries.js';
import { HostProcess } from './host-process.js';

const REPOSITORY = process.cwd();
const TSC = join(REPOSITORY, 'node_modules/typescript/bin/tsc');

interface HostManifest extends Manifest {
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** An example as its author has it: in a folder of its own, with our libraries from their tarballs, compiled by its own `tsc`. */
export class InstalledHost {
  readonly #processes: HostProcess[] = [];

  private constructor(readonly folder: string) {}

  /** @param extra packages that a test needs beside those of the example. @throws Error with what the compiler says. */
  static install(example: string, extra: readonly string[] = []): InstalledHost {
    const folder = mkdtempSync(join(tmpdir(), `joblib-${example}-`));
    for (const part of ['package.json', 'tsconfig.json', 'src']) {
      cpSync(join(REPOSITORY, 'examples', example, part), join(folder, part), { recursive: true });
    }
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as HostManifest;
    const ours = librariesOf(manifest);
    installPacked(folder, ours);
    for (const name of [...Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }), ...extra]) link(name, folder);
    compile(folder);
    return new InstalledHost(folder);
  }

  /** Runs a program in the folder of the host, with nothing in its environment but what a test gives. */
  start(program: string, environment: Record<string, string> = {}): HostProcess {
    const started = HostProcess.run(join(this.folder, program), this.folder, environment);
    this.#processes.push(started);
    return started;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.stop('SIGKILL')));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Our libraries that a host asks for, and those that they ask for. */
function librariesOf(manifest: HostManifest): Library[] {
  const all = libraries();
  const names = new Set(Object.keys(manifest.dependencies ?? {}));
  for (const library of all) if (names.has(library.manifest.name)) for (const name of declaredDependencies(library)) names.add(name);
  return all.filter((library) => names.has(library.manifest.name));
}

/** As if it had been installed; no network is needed. */
function link(name: string, folder: string): void {
  const target = join(folder, 'node_modules', name);
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(realpathSync(join(REPOSITORY, 'node_modules', name)), target);
}

function compile(folder: string): void {
  try {
    execFileSync(process.execPath, [TSC, '-p', folder, '--pretty', 'false'], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    throw new Error(`The example does not compile:\n${(error as { stdout: string }).stdout}`, { cause: error });
  }
}
