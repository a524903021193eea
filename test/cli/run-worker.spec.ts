import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { Scene } from './scene.js';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
  // As in a project that has installed the client.
  mkdirSync(join(scene.folder, 'node_modules'), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules/@joblib'), join(scene.folder, 'node_modules/@joblib'));
});
afterEach(() => scene.tidy());
afterAll(() => scene.close());

const TYPESCRIPT = `
import { defineExtension } from '@joblib/client';
import { double } from './double.js';

interface Doubled { readonly doubled: number }

export const Double = defineExtension({
  name: 'Double',
  schema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
  run: ({ payload }): Doubled => ({ doubled: double(payload.n) }),
});

export class Shout {
  static readonly category = 'analysis';
  private readonly text: string = '';
  run(): string {
    return this.text.toUpperCase() satisfies string;
  }
}

export const unrelated = { name: 'nothing to run' };
`;

/** Submits, and answers what was printed as the result. */
async function resultOf(room: string, job: string, payload: object): Promise<unknown> {
  const { stdout, stderr } = await scene.run(['submit', room, `${room}:${job}`, '-p', JSON.stringify(payload), '--wait']);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

describe('joblib run-worker', () => {
  it.each([
    ['worker.mts', 'double.mts'],
    ['worker.ts', 'double.ts'],
  ])('serves what a TypeScript module exports: %s', async (name, helper) => {
    const room = name.replace('.', '-');
    scene.file(helper, 'export const double = (n: number): number => n * 2;');
    scene.file(name, TYPESCRIPT.replace('./double.js', `./${helper.replace('ts', 'js')}`));
    const worker = scene.spawn(['run-worker', name, '--room', room]);
    await worker.printed(/is ready/);
    expect(worker.stdout).toBe(`Serving ${room}:modifiers:Double\nServing ${room}:analysis:Shout\n`);
    expect(await resultOf(room, 'modifiers:Double', { n: 21 })).toEqual({ doubled: 42 });
    expect(await resultOf(room, 'analysis:Shout', { text: 'water' })).toBe('WATER');
    await expect(resultOf(room, 'modifiers:Double', { n: 'x' })).rejects.toThrow(
      /failed: The payload breaks the schema: n: must be number/,
    );
  });

  it('serves JavaScript of either kind, the default export and lists', async () => {
    scene.file('list.mjs', "const run = () => 'esm'; export default [{ name: 'A', run }, class B { run() { return 'class'; } }];");
    scene.file('common.cjs', "exports.C = { name: 'C', category: 'analysis', run: () => 'cjs' };");
    const workers = [
      scene.spawn(['run-worker', 'list.mjs', '--room', 'js', '--json']),
      scene.spawn(['run-worker', 'common.cjs', '--room', 'js']),
    ];
    await Promise.all(workers.map((worker) => worker.printed(/is ready/)));
    const lines = workers[0]?.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      { job: 'js:modifiers:A', worker: expect.any(String) },
      { job: 'js:modifiers:B', worker: expect.any(String) },
    ]);
    expect(await resultOf('js', 'modifiers:A', {})).toBe('esm');
    expect(await resultOf('js', 'modifiers:B', {})).toBe('class');
    expect(await resultOf('js', 'analysis:C', {})).toBe('cjs');
  });

  it('runs as many tasks at a time as it is told', async () => {
    // Each task ends when both are there.
    scene.file(
      'pair.mjs',
      "const there = []; export const pair = { name: 'Pair', run: () => new Promise((end) => { there.push(end); if (there.length === 2) there.forEach((each) => each('met')); }) };",
    );
    const worker = scene.spawn(['run-worker', 'pair.mjs', '--room', 'pairs', '--concurrency', '2']);
    await worker.printed(/is ready/);
    expect(await Promise.all([resultOf('pairs', 'modifiers:Pair', {}), resultOf('pairs', 'modifiers:Pair', {})])).toEqual(['met', 'met']);
  });

  it('says when a registration is refused, and leaves no worker behind', async () => {
    scene.file(
      'strange.mjs',
      "export const a = { name: 'A', run: () => 1 }; export const b = { name: 'B', category: 'strange', run: () => 1 };",
    );
    const { code, stderr } = await scene.run(['run-worker', 'strange.mjs', '--room', 'strange']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^joblib: .*strange.* \(400 invalid-category\)\n$/)]);
    expect((await scene.run(['jobs', 'strange', '--json'])).stdout).toBe('');
  });

  it('ends with 1 when the server takes the worker away', async () => {
    scene.file('idle.mjs', "export const idle = { name: 'Idle', run: () => 1 };");
    const worker = scene.spawn(['run-worker', 'idle.mjs', '--room', 'taken']);
    await worker.printed(/is ready/);
    const id = /Worker (\S+) is ready/.exec(worker.stderr)?.[1] ?? '';
    await scene.manager().api.deleteWorker(id);
    await scene
      .manager()
      .submit('taken:modifiers:Idle', {}, { room: 'taken' })
      .catch(() => undefined); // wakes its claim
    const { code, stderr } = await worker.ended();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/\njoblib: The server took this worker away: .*worker-not-found\)\n$/)]);
  });
});

describe('joblib run-worker with providers', () => {
  const PROVIDERS = `
import { defineExtension, defineProvider } from '@joblib/client';

class Texts {
  static readonly category = 'texts';
  static readonly schema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] } as const;
  read(texts: ReadonlyMap<string, string>, { path }: { readonly path: string }): { readonly text: string } {
    const text = texts.get(path);
    if (text === undefined) throw new Error('There is no ' + path + '.');
    return { text };
  }
}

export const texts = defineProvider({ provider: Texts, name: 'local', handler: new Map([['a.txt', 'water']]) });
export const others = [defineProvider({ provider: Texts, name: 'far', handler: new Map([['a.txt', 'ice']]), room: 'elsewhere' })];
export { Texts };

export class Pixels {
  static readonly category = 'images';
  static readonly contentType = 'image/x-raw';
  async read(): Promise<Uint8Array> {
    return new Uint8Array([1, 2, 255]);
  }
}
`;
  const EXTENSION = "export const Names = defineExtension({ name: 'Names', run: ({ handlers }) => [...handlers.keys()].toSorted() });";

  it('serves them beside extensions, each in its room, a class that asks for no handler by its own name', async () => {
    scene.file('provide.mts', PROVIDERS + EXTENSION);
    const worker = scene.spawn(['run-worker', 'provide.mts', '--room', 'both']);
    await worker.printed(/is ready/);
    // By the names of the exports, as modules have them.
    const served = ['both:modifiers:Names', 'elsewhere:texts:far', 'both:texts:local', 'both:images:Pixels'];
    expect(worker.stdout).toBe(served.map((name) => `Serving ${name}\n`).join(''));
    const answers = [
      await scene.run(['read', 'both', 'both:texts:local', 'path=a.txt']),
      await scene.run(['read', 'elsewhere', 'elsewhere:texts:far', 'path=a.txt']),
      await scene.run(['read', 'both', 'both:images:Pixels', '-o', 'pixels']),
    ];
    expect(answers.map(({ code, stdout }) => [code, stdout])).toEqual([
      [0, '{"text":"water"}'],
      [0, '{"text":"ice"}'],
      [0, ''],
    ]);
    expect([...readFileSync(join(scene.folder, 'pixels'))]).toEqual([1, 2, 255]);
    expect(await resultOf('both', 'modifiers:Names', {})).toEqual(['both:images:Pixels', 'both:texts:local', 'elsewhere:texts:far']);
    const { code, stderr } = await scene.run(['read', 'both', 'both:texts:local', 'path=b.txt']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('There is no b.txt.')]);
  });

  it('serves them without any extension, takes them away at Ctrl+C, and claims nothing meanwhile', async () => {
    scene.file('alone.mts', PROVIDERS);
    const worker = scene.spawn(['run-worker', 'alone.mts', '--room', 'alone', '--json']);
    await worker.printed(/is ready/);
    expect(worker.stdout).toMatch(/^\{"provider":"alone:texts:local","worker":"[0-9a-f-]{36}"\}$/m);
    expect((await scene.run(['read', 'alone', 'alone:texts:local', 'path=a.txt'])).stdout).toBe('{"text":"water"}');
    expect(await worker.ended('SIGINT')).toMatchObject({ code: 0, signal: null });
    expect((await scene.run(['providers', 'alone', '--json'])).stdout).toBe('');
  });

  it('ends with 1 when the server takes a worker without jobs away', async () => {
    scene.file('lone.mjs', "export class Lone { static category = 'texts'; read() { return 1; } }");
    const worker = scene.spawn(['run-worker', 'lone.mjs', '--room', 'lone']);
    await worker.printed(/is ready/);
    await scene.manager().api.deleteWorker(/Worker (\S+) is ready/.exec(worker.stderr)?.[1] ?? '');
    // Its socket drops: it sends a heartbeat now instead of later.
    await scene.kill();
    await scene.startAgain();
    const { code, stderr } = await worker.ended();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/\njoblib: The server took this worker away: .*worker-not-found\)\n$/)]);
  });

  it.each([
    [
      'a class whose handler nobody gives',
      "export class Files { static category = 'files'; read(folder) { return folder; } }",
      /read\(\) of 'Files' in 'odd\.mjs' asks for a handler: export defineProvider\(/,
    ],
    [
      'two of the same full name',
      "class A { static category = 'a'; read() {} } export const one = { provider: A, name: 'x', handler: 1 }, two = { provider: A, name: 'x', handler: 2, room: 'odd' };",
      /'odd\.mjs' exports two providers called odd:a:x\./,
    ],
    [
      'a room of the servers',
      "class A { static category = 'a'; read() {} } export const one = { provider: A, name: 'x', handler: 1, room: '@internal' };",
      /answer reads of @internal themselves/,
    ],
    [
      'a room that is none',
      "class A { static category = 'a'; read() {} } export const one = { provider: A, name: 'x', room: '' };",
      /room/i,
    ],
  ])('refuses %s, and registers nothing', async (_, module, sentence) => {
    scene.file('odd.mjs', module);
    const { code, stderr } = await scene.run(['run-worker', 'odd.mjs', '--room', 'odd']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(sentence)]);
    expect((await scene.run(['workers', 'odd', '--json'])).stdout).toBe('');
  });

  it('takes a class with run and read for an extension', async () => {
    scene.file('runs.mjs', "export class Runs { static category = 'modifiers'; run() { return this.read(); } read() { return 'read'; } }");
    const worker = scene.spawn(['run-worker', 'runs.mjs', '--room', 'runs']);
    await worker.printed(/is ready/);
    expect(worker.stdout).toBe('Serving runs:modifiers:Runs\n');
    expect(await resultOf('runs', 'modifiers:Runs', {})).toBe('read');
  });
});

describe('Ctrl+C at joblib run-worker', () => {
  const HOLD = `
export const hold = {
  name: 'Hold',
  run: ({ payload }) => payload.endless ? new Promise(() => undefined) : new Promise((end) => process.once('SIGUSR2', () => end('finished'))),
};
setInterval(() => undefined, 1000); // what a module leaves behind does not keep the command
`;

  /** A worker that runs a task, and whoever waits for that. */
  async function busy(room: string, payload: object, args: readonly string[] = []) {
    scene.file('hold.mjs', HOLD);
    const worker = scene.spawn(['run-worker', 'hold.mjs', '--room', room, ...args]);
    await worker.printed(/is ready/);
    const waiting = scene.spawn(['submit', room, `${room}:modifiers:Hold`, '-p', JSON.stringify(payload), '--wait']);
    await waiting.printed(/^running$/m);
    return { worker, waiting };
  }

  it.each(['SIGINT', 'SIGTERM'] as const)('finishes what is running, claims no more and takes its leave: %s', async (signal) => {
    const room = `leave-${signal}`;
    const { worker, waiting } = await busy(room, {});
    worker.child.kill(signal);
    await worker.printed(/^Finishing what is running; Ctrl\+C again ends at once\.$/m);
    worker.child.kill('SIGUSR2');
    expect(await waiting.ended()).toMatchObject({ code: 0, stdout: '"finished"\n' });
    expect(await worker.ended()).toMatchObject({ code: 0, signal: null });
    expect((await scene.run(['workers', room, '--json'])).stdout).toBe('');
  });

  it('finishes a read that is running, and takes its leave', async () => {
    scene.file(
      'slow.mjs',
      "export class Slow { static category = 'slow'; async read() { console.error('reading'); await new Promise((end) => process.once('SIGUSR2', end)); return 'read'; } }",
    );
    const worker = scene.spawn(['run-worker', 'slow.mjs', '--room', 'reads']);
    await worker.printed(/is ready/);
    const reading = scene.spawn(['read', 'reads', 'reads:slow:Slow']);
    await worker.printed(/^reading$/m);
    worker.child.kill('SIGINT');
    await worker.printed(/^Finishing what is running/m);
    worker.child.kill('SIGUSR2');
    expect(await reading.ended()).toMatchObject({ code: 0, stdout: '"read"' });
    expect(await worker.ended()).toMatchObject({ code: 0, signal: null });
    expect((await scene.run(['workers', 'reads', '--json'])).stdout).toBe('');
  });

  it('gives up what goes on for too long', async () => {
    const { worker, waiting } = await busy('drain', { endless: true }, ['--drain', '0']);
    expect(await worker.ended('SIGINT')).toMatchObject({ code: 0, signal: null });
    expect(await waiting.ended()).toMatchObject({ code: 1, stderr: expect.stringContaining('Worker disconnected') });
  });

  it('ends at once at the second time, and the task fails', async () => {
    const { worker, waiting } = await busy('twice', { endless: true });
    worker.child.kill('SIGINT');
    await worker.printed(/again ends at once/);
    expect(await worker.ended('SIGINT')).toMatchObject({ code: null, signal: 'SIGINT' });
    expect(await waiting.ended()).toMatchObject({ code: 1, stderr: expect.stringContaining('Worker disconnected') });
  });
});
