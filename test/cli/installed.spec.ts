import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { installPacked, libraries } from '../packaging/packed-libraries.js';
import { Scene } from './scene.js';

const VERSION = `${(JSON.parse(readFileSync('libs/cli/package.json', 'utf8')) as { version: string }).version}\n`;
const NEEDED = ['@joblib/cli', '@joblib/client', '@joblib/contract'];

let scene: Scene;
let host: string;
let program: readonly string[];

beforeAll(async () => {
  host = mkdtempSync(join(tmpdir(), 'joblib-host-'));
  writeFileSync(join(host, 'package.json'), JSON.stringify({ name: 'host', private: true }));
  installPacked(
    host,
    libraries().filter(({ manifest }) => NEEDED.includes(manifest.name)),
  );
  const folder = join(host, 'node_modules/@joblib/cli');
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  program = [process.execPath, join(folder, bin['joblib'] ?? '')];
  scene = await Scene.start();
});
afterAll(async () => {
  await scene.close();
  rmSync(host, { recursive: true, force: true });
});

/** What a command prints. `npm` as somebody has it who started no `npm test` around it. */
function outputOf([command = '', ...args]: readonly string[], folder: string): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  return execFileSync(command, args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

describe('the program in the repository', () => {
  it.each([['npm run --silent joblib -- --version'], ['npx --no -- joblib --version']])('is run by %s, once it is built', (command) => {
    expect(outputOf(command.split(' '), process.cwd())).toBe(VERSION);
  });
});

describe('the program of the packed library', () => {
  it('is a command where it is installed', () => {
    // The part of an installation that makes commands.
    execFileSync('npm', ['rebuild', '@joblib/cli', '--offline', '--ignore-scripts'], { cwd: host, stdio: 'ignore' });
    expect(outputOf(['npx', '--no', '--', 'joblib', '--version'], host)).toBe(VERSION);
  });

  it('serves a TypeScript module of a project that says nothing about modules, and submits to it', async () => {
    const module = [
      "import { defineExtension } from '@joblib/client';",
      "const name: string = 'Greet';",
      'export const Greet = defineExtension({ name, run: ({ payload }) => `Hello, ${String(payload["name"])}!` });',
    ];
    writeFileSync(join(host, 'worker.ts'), module.join('\n'));
    const worker = scene.spawn(['run-worker', 'worker.ts', '--room', 'lab'], { folder: host }, program);
    await worker.printed(/is ready/);
    const submit = scene.spawn(['submit', 'lab', 'lab:modifiers:Greet', '-p', '{"name": "Ada"}', '-w'], { folder: host }, program);
    expect(await submit.ended()).toMatchObject({ code: 0, stdout: '"Hello, Ada!"\n' });
    expect(await worker.ended('SIGINT')).toMatchObject({ code: 0 });
    expect(worker.stderr).not.toContain('Warning');
  });
});
