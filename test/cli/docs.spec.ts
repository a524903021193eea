import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { CLI } from './cli-process.js';
import type { CliProcess } from './cli-process.js';
import { Scene } from './scene.js';

const PAGE = readFileSync(join(process.cwd(), 'docs/cli.md'), 'utf8');
const README = readFileSync(join(process.cwd(), 'libs/cli/README.md'), 'utf8');

/** A command of the page, and what the page says that it prints. */
interface Example {
  readonly command: string;
  readonly prints: string;
}

function examplesOf(page: string): Example[] {
  const blocks = [...page.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const end = text.indexOf('\n');
        return { command: text.slice(0, end), prints: text.slice(end + 1) };
      }),
  );
}

/** Without what is another one each time. Ids are as long as each other, ages are not: so is the space around them. */
function shape(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/now|\d+ s ago/g, 'AGE')
    .replaceAll(/ +/g, ' ')
    .trimEnd();
}

let scene: Scene;
const background: CliProcess[] = [];

beforeAll(async () => {
  scene = await Scene.start();
  mkdirSync(join(scene.folder, 'node_modules'));
  symlinkSync(join(process.cwd(), 'node_modules/@joblib'), join(scene.folder, 'node_modules/@joblib'));
  const [worker = '', files = ''] = [...PAGE.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
  scene.file('worker.ts', worker);
  scene.file('files.ts', files);
});
afterAll(() => scene.close());

/** A shell that knows `joblib`, and remembers its token from one example to the next. */
function shell(command: string): CliProcess {
  const script = [
    `joblib() { "${process.execPath}" "${CLI}" "$@"; }`,
    'test -e token && export JOBLIB_TOKEN=$(cat token)',
    // In place of the shell: so that it is the command that is ended.
    command.endsWith(' &') ? command.replace(/^joblib (.*) &$/, `exec "${process.execPath}" "${CLI}" $1`) : `${command}`,
    'test -n "$JOBLIB_TOKEN" && echo "$JOBLIB_TOKEN" > token',
  ].join('\n');
  return scene.spawn(['-c', script], { env: { JOBLIB_TOKEN: '', ZNDRAW_JOBLIB_JWT_SECRET: Scene.SECRET } }, ['bash']);
}

describe('docs/cli.md', () => {
  it('has examples', () => {
    expect(examplesOf(PAGE).length).toBeGreaterThan(12);
  });

  it.each(examplesOf(PAGE))('is right about $command', async ({ command, prints }) => {
    const process = shell(command);
    if (command.endsWith(' &')) {
      background.push(process);
      await process.printed(/Ctrl\+C ends it/);
      expect(shape(process.stdout + process.stderr)).toBe(shape(prints));
      return;
    }
    const { stdout, stderr } = await process.ended();
    expect(shape(stderr + stdout)).toBe(shape(prints));
  });

  it('has only commands that there are, in the README of the package too', async () => {
    const { stdout } = await scene.run(['--help']);
    const commands = [...(/Commands:\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? '').matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name);
    const table = [...README.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
    );
    expect(table).toEqual(commands);
    const used = [...`${PAGE}${README}`.matchAll(/(?:npx joblib|`joblib|\$ joblib|\(joblib) ([a-z][\w-]*)/g)].map(([, name]) => name);
    expect(used.filter((name) => !commands.includes(name))).toEqual([]);
  });
});
