import { describe, expect, it } from '@jest/globals';
import { machinePaths, npmScriptsIn, packagesTiedToAHost, read, repositoryFiles } from './repository-text.js';

const files = repositoryFiles();
const textFiles = files.filter((path) => !/(^package-lock\.json|^test\/checks\/.*|\.(xyz|png|svg|ico))$/.test(path));
const pages = files.filter((path) => path.endsWith('.md'));

describe('the repository', () => {
  it('names no folder of a developer’s machine', () => {
    expect(textFiles.flatMap((path) => machinePaths(read(path)).map((found) => `${path}: ${found}`))).toEqual([]);
  });

  it('lets whoever installs it choose the package registry', () => {
    expect(packagesTiedToAHost(read('package-lock.json'))).toEqual([]);
  });

  it('explains only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const mentions = [...pages, 'package.json', '.ci/run'].flatMap((path) => npmScriptsIn(read(path)).map((script) => ({ path, script })));
    expect(mentions.length).toBeGreaterThan(10);
    expect(mentions.filter(({ script }) => !(script in scripts))).toEqual([]);
  });

  it('lists every decision in docs/adr/README.md', () => {
    const decisions = pages.filter((path) => /^docs\/adr\/\d/.test(path)).map((path) => path.replace('docs/adr/', ''));
    const index = read('docs/adr/README.md');
    expect(decisions.length).toBeGreaterThan(0);
    expect(decisions.filter((decision) => !index.includes(`](${decision})`))).toEqual([]);
  });

  it('keeps every decision within 60 lines', () => {
    expect(pages.filter((path) => path.startsWith('docs/adr/') && read(path).split('\n').length > 61)).toEqual([]);
  });
});

describe('machinePaths', () => {
  it('finds folders of somebody’s machine', () => {
    expect(machinePaths('see "/home/ada/notes.txt" and /Users/ada/x, or cd /root/y')).toEqual([
      '/home/ada/notes.txt',
      '/Users/ada/x,',
      '/root/y',
    ]);
  });

  it('accepts addresses, relative paths and other folders', () => {
    expect(machinePaths('GET http://host/home/x, ./work/x, ${base}/work/x, /v1/rooms, /usr/lib')).toEqual([]);
  });
});

describe('packagesTiedToAHost', () => {
  it('finds an entry with an address, and accepts one without', () => {
    const packages = { a: { resolved: 'https://mirror.example/a.tgz' }, b: {}, c: { resolved: 'libs/c' } };
    expect(packagesTiedToAHost(JSON.stringify({ packages }))).toEqual(['a']);
  });
});

describe('npmScriptsIn', () => {
  it('finds every way to run a script', () => {
    expect(npmScriptsIn('`npm ci && npm run demo`, npm run --silent token -- x, npm test, npm run check:docs.')).toEqual([
      'demo',
      'token',
      'test',
      'check:docs',
    ]);
  });
});
