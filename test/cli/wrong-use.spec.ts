import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CliProcess } from './cli-process.js';
import type { Ending } from './cli-process.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'joblib-cli-'));
  writeFileSync(join(folder, 'list.json'), '[1]');
  writeFileSync(join(folder, 'empty.mjs'), 'export const nothing = 1;');
  writeFileSync(join(folder, 'broken.ts'), 'export const a: number = ;');
  writeFileSync(join(folder, 'throws.mjs'), "\nthrow new Error('no\\nmodel');");
  writeFileSync(
    join(folder, 'twice.mjs'),
    "const run = () => 1; export const a = { name: 'A', run }; export const b = { name: 'A', run };",
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function joblib(args: readonly string[], env: Record<string, string> = {}): Promise<Ending> {
  return new CliProcess(args, { folder, env: { HOME: folder, JOBLIB_URL: 'http://127.0.0.1:9', JOBLIB_TOKEN: 'a-token', ...env } }).ended();
}

const JOB = 'lab:modifiers:Scale';

describe('wrong use', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown command', ['sumbit'], /'sumbit' is no command\. Is it 'submit'\? 'joblib --help' lists them\./],
    ['a command like no other', ['frobnicate'], /'frobnicate' is no command\. 'joblib --help' lists them\./],
    ['an unknown option', ['jobs', '--colour'], /Unknown option '--colour'\. See 'joblib jobs --help'\./],
    ['an option without its value', ['jobs', '--limit'], /--limit.*argument missing\. See 'joblib jobs --help'\./],
    ['too many arguments', ['jobs', 'lab', 'b'], /'b' is too much: joblib jobs \[room\] \[options\]\. See/],
    ['a room that is none', ['jobs', 'a:b'], /Room id 'a:b' contains invalid characters/],
    ['workers of a room that is none', ['workers', '@lab'], /Room id '@lab' contains invalid characters/],
    ['providers, none of them', ['providers', '--limit', '0'], /--limit is '0'; it has to be a whole number from 1\./],
    ['a status that is none', ['tasks', 'lab', '--status', 'done'], /--status is 'done'; it has to be one of pending, claimed/],
    ['a submission without a job', ['submit', 'lab'], /<job> is missing: joblib submit <room> <job> \[options\]\. See/],
    ['a submission to half a name', ['submit', 'lab', 'Scale'], /'Scale' is no full name of a job: <room>:<category>:<name>/],
    ['a payload that is no JSON', ['submit', 'lab', JOB, '-p', '{n: 1}'], /The payload is not JSON: .*quotes around it for the shell\?/],
    ['a payload that is no object', ['submit', 'lab', JOB, '-p', '@list.json'], /The payload has to be a JSON object/],
    ['a payload that is not there', ['submit', 'lab', JOB, '-p', '@none.json'], /The payload cannot be read: ENOENT/],
    [
      'a payload that would be rounded',
      ['submit', 'lab', JOB, '-p', '{"n": 9007199254740993}'],
      /would be rounded on its way: 9007199254740993\./,
    ],
    ['an empty payload option', ['submit', 'lab', JOB, '-p', ''], /--payload is empty; it has to be <json>/],
    ['a key that no header carries', ['submit', 'lab', JOB, '--idempotency-key', 'ü'], /--idempotency-key has to be 1 to 255 printable/],
    ['cancelling what is not waited for', ['submit', 'lab', JOB, '--cancel-on-interrupt'], /--cancel-on-interrupt is for --wait\./],
    ['a tail of nothing', ['tail'], /<room> is missing: joblib tail <room> \[options\]\./],
    ['cancelling nothing', ['cancel'], /<task> is missing/],
    ['cancelling an empty variable', ['cancel', ''], /<task> is empty\./],
    [
      'a parameter without a value',
      ['read', 'lab', 'lab:files:local', 'path'],
      /'path' is no parameter; it has to be like path=water\.xyz\./,
    ],
    ['reading from half a name', ['read', 'lab', 'files'], /'files' is no full name of a provider/],
    ['a wait that is no number', ['read', 'lab', 'lab:files:local', '--wait', 'long'], /--wait is 'long'/],
    [
      'a worker for what servers do',
      ['run-worker', 'empty.mjs', '--room', '@internal'],
      /The servers run the jobs of @internal themselves/,
    ],
    ['a worker without a module', ['run-worker'], /<module> is missing/],
    ['a module that is not there', ['run-worker', 'none.ts'], /There is no file 'none\.ts'\./],
    [
      'a module without extensions',
      ['run-worker', 'empty.mjs'],
      /'empty\.mjs' exports no extension and no provider: what defineExtension or/,
    ],
    ['a module that is no TypeScript', ['run-worker', 'broken.ts'], /'broken\.ts' cannot be loaded: .*Unexpected ";"/],
    ['a module that throws', ['run-worker', 'throws.mjs'], /'throws\.mjs' cannot be loaded: no model \(line 2\)/],
    ['a module with one name twice', ['run-worker', 'twice.mjs'], /'twice\.mjs' exports two extensions called A\./],
    ['a worker that does nothing at a time', ['run-worker', 'empty.mjs', '--concurrency', '0'], /--concurrency is '0'/],
    ['a token for nobody', ['token'], /--sub is missing: whom is the token for\?/],
    ['a token for a strange time', ['token', '--sub', 'ada', '--expires-in', 'tomorrow'], /--expires-in is 'tomorrow'/],
    ['an address that is none', ['jobs', '--url', 'localhost:8000'], /--url is 'localhost:8000'; it has to be the address of a server/],
    [
      'a token with more around it',
      ['jobs', '--token', '> joblib@0.1.0 token\n> x'],
      /--token is no token: it has spaces or line breaks in it/,
    ],
  ])('of %s is told in one line, and ends with 2', async (_, args, line) => {
    const { code, stdout, stderr } = await joblib(args);
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^joblib: [^\n]*\n$/);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('says what to give when there is no token anywhere', async () => {
    const { code, stderr } = await joblib(['jobs'], { JOBLIB_TOKEN: ' ' });
    expect(stderr).toBe(
      `joblib: No token: give --token, set JOBLIB_TOKEN, or put JOBLIB_TOKEN=… into ${folder}/.config/joblib/env. 'joblib token --help' says how to make one.\n`,
    );
    expect(code).toBe(2);
  });

  it('without anything shows the help, and ends with 2', async () => {
    const { code, stdout, stderr } = await joblib([]);
    expect(stderr).toMatch(/^Usage: joblib <command>/);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('help', () => {
  const COMMANDS = ['token', 'jobs', 'workers', 'providers', 'tasks', 'submit', 'tail', 'cancel', 'read', 'run-worker'];

  it('lists every command, and the version', async () => {
    const { code, stdout } = await joblib(['--help']);
    expect([...stdout.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map((match) => match[1]).filter((name) => !name?.startsWith('-'))).toEqual(
      COMMANDS,
    );
    expect(code).toBe(0);
    expect((await joblib(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each(COMMANDS)('of %s has its use, its options and an example', async (name) => {
    const { code, stdout, stderr } = await joblib([name, '--help']);
    expect(stdout).toMatch(new RegExp(`^Usage: joblib ${name} `));
    expect(stdout).toMatch(/\nOptions:\n(?: {2}.*\n)*.*-h, --help/);
    expect(stdout).toContain('\n\nExamples:\n');
    expect(stdout.split('\n').filter((line) => line.length > 130)).toEqual([]);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('is the same however it is asked for', async () => {
    const pages = await Promise.all([joblib(['jobs', '--help']), joblib(['help', 'jobs']), joblib(['--json', 'jobs', '--nonsense', '-h'])]);
    expect(new Set(pages.map(({ stdout }) => stdout)).size).toBe(1);
    expect(pages.map(({ code }) => code)).toEqual([0, 0, 0]);
  });
});
