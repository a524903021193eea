import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { installPacked, libraries } from '../packaging/packed-libraries.js';
import type { Manifest } from '../packaging/packed-libraries.js';

const REPOSITORY = process.cwd();
const EXAMPLE = join(REPOSITORY, 'examples/plugin-package');

/** The service in an empty folder, its libraries and a plugin from their tarballs beside it, as after `npm install`. */
export class InstalledService {
  readonly folder = mkdtempSync(join(tmpdir(), 'joblib-service-'));

  /** @throws Error with what the compiler says of the plugin. */
  constructor() {
    const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as Manifest;
    const dependencies = { ...manifest.dependencies, 'joblib-plugin-csv': '1.0.0' };
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ name: 'joblib', type: 'module', dependencies }));
    const ours = libraries().filter(({ manifest: { name } }) => name in dependencies);
    installPacked(this.folder, ours);
    for (const name of Object.keys(manifest.dependencies ?? {})) this.#link(name);
    cpSync(join(REPOSITORY, 'dist'), join(this.folder, 'dist'), { recursive: true });
    this.#installExample();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #installExample(): void {
    const workshop = join(this.folder, 'workshop');
    for (const part of ['package.json', 'tsconfig.json', 'README.md', 'src']) {
      cpSync(join(EXAMPLE, part), join(workshop, part), { recursive: true });
    }
    for (const name of ['typescript', '@types/node']) this.#link(name);
    run(process.execPath, [join(REPOSITORY, 'node_modules/typescript/bin/tsc'), '-p', workshop, '--pretty', 'false'], workshop);
    run('npm', ['pack', '--offline', '--ignore-scripts', '--silent'], workshop);
    const installed = join(this.folder, 'node_modules/joblib-plugin-csv');
    mkdirSync(installed, { recursive: true });
    run('tar', ['-xzf', 'joblib-plugin-csv-1.0.0.tgz', '-C', installed, '--strip-components=1'], workshop);
    rmSync(workshop, { recursive: true });
  }

  #link(name: string): void {
    const target = join(this.folder, 'node_modules', name);
    if (existsSync(target)) return;
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(realpathSync(join(REPOSITORY, 'node_modules', name)), target);
  }
}

function run(program: string, args: readonly string[], folder: string): void {
  try {
    execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
