import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { PluginManager, PluginRegistrationError, PluginThreadError, PluginTimeLimitError, ResultKey } from '@joblib/plugins';
import type { PluginManagerOptions } from '@joblib/plugins';
import { RecordingLogger, RecordingPlugin, aContext } from '@joblib/plugins/testing';

import { TemporaryApplication, pluginSource } from './application.js';

/** Long enough for a thread to start on a busy machine; only what never ends by itself waits for it. */
const LIMIT_MS = 3_000;

/** Writes what it sees to the file that its configuration names. */
const WITNESS = `
  static accepts = 'tasks';
  calls = 0;
  initialize({ file, refuse }) { if (refuse) throw new Error('no token'); this.file = file; this.say('initialized'); }
  say(text) { appendFileSync(this.file, text + '\\n'); }
`;

let application: TemporaryApplication;
let logger: RecordingLogger;
let manager: PluginManager;
let file: string;

beforeAll(() => {
  application = new TemporaryApplication({
    'good.mjs': pluginSource(
      'Good',
      'good',
      `${WITNESS} process(context) { this.calls += 1; this.say('call ' + this.calls + ' of ' + context.suiteName); }`,
    ),
    'told.mjs': pluginSource(
      'Told',
      'told',
      `${WITNESS} process({ suiteName }) {
        this.say(suiteName);
        if (suiteName === 'spin') for (;;);
        if (suiteName === 'eat') { const all = []; for (;;) all.push(new Array(100_000).fill({})); }
        if (suiteName === 'exit') process.exit(7);
        if (suiteName === 'crash') { setImmediate(() => { throw new Error('out of the blue'); }); return new Promise(() => {}); }
        if (suiteName === 'reject') { Promise.reject(new Error('not handled')); return new Promise(() => {}); }
        if (suiteName === 'throw') throw new RangeError('out of range');
        if (suiteName === 'text') throw 'a text';
        if (suiteName === 'crash later') setTimeout(() => { this.say('crashing'); throw new Error('too late'); }, 1);
      }`,
    ),
    'spinner.mjs': pluginSource('Spinner', 'spinner', 'initialize() { for (;;); }'),
    'talker.mjs': `import { parentPort } from 'node:worker_threads';
      ${pluginSource('Talker', 'talker', "process() { parentPort.postMessage({ kind: 'failed', error: { message: 'forged' } }); }")}`,
    'context.mjs': pluginSource(
      'Context',
      'context',
      `initialize({ file }) { this.file = file; }
       process(context) {
         appendFileSync(this.file, JSON.stringify([context.totalAssertions(), context.key.lag(1).yyyy_mm_dd, context.task.result, context.signal.aborted]));
       }`,
    ),
    'listener.mjs': pluginSource(
      'Listener',
      'listener',
      `initialize({ file }) { this.file = file; }
       process({ signal }) {
         return new Promise((resolve) => {
           signal.addEventListener('abort', () => { appendFileSync(this.file, 'told: ' + signal.reason.message); resolve(); });
           appendFileSync(this.file, 'waiting\\n');
         });
       }`,
    ),
    'endless-module.mjs': 'for (;;);',
    'bad.mjs': "export class Throwing { constructor() { throw new Error('no licence'); } } export class NoPlugin {}",
    'throws.mjs': "throw new Error('at import');",
    'exits.mjs': 'process.exit(3);',
  });
});
afterAll(() => application.remove());

beforeEach(() => {
  logger = new RecordingLogger();
  file = application.path(`witness-${expect.getState().currentTestName?.replaceAll(/\W+/g, '-')}.txt`);
  manager = aManager();
});
afterEach(() => manager.close());

function aManager(options: PluginManagerOptions = {}): PluginManager {
  const config = Object.fromEntries(['good', 'told', 'context', 'listener'].map((name) => [name, { file }]));
  const { baseUrl } = application;
  return new PluginManager({ logger, baseUrl, discover: false, isolation: 'worker', timeLimitMs: LIMIT_MS, config, ...options });
}

const witnessed = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);

/** Resolves when the plugin has written that line; a test that waits in vain runs into its limit. */
async function written(line: string): Promise<void> {
  while (!witnessed().includes(line)) await new Promise(setImmediate);
}

/** What the plugin `told` fails with when it is told `suiteName`. */
async function failureOf(suiteName: string): Promise<Error> {
  return (await manager.process('told', aContext({ suiteName })).then(
    () => undefined,
    (error: unknown) => error,
  )) as Error;
}

describe('a plugin in a thread', () => {
  it('is registered, configured and called like any other, and keeps its state', async () => {
    await manager.registerPlugin('./good.mjs#Good');
    expect(manager.describePlugins()[1]).toMatchObject({
      source: './good.mjs#Good',
      accepts: 'tasks',
      metadata: { name: 'good', version: '1.2.3' },
    });
    const capabilities = manager.getPlugins().get('good')?.metadata?.().capabilities ?? [];
    expect([...capabilities]).toEqual(['x']);
    for (const suiteName of ['a', 'b']) await manager.process('good', aContext({ suiteName }));
    expect(witnessed()).toEqual(['initialized', 'call 1 of a', 'call 2 of b']);
  });

  it('is not imported by the server itself', async () => {
    const before = Object.keys(globalThis);
    application.write('global.mjs', `globalThis.pluginWasHere = true; ${pluginSource('Global', 'global')}`);
    await manager.registerPlugin('./global.mjs#Global');
    expect(Object.keys(globalThis)).toEqual(before);
  });

  it('gets a whole context', async () => {
    await manager.registerPlugin('./context.mjs#Context');
    const result = { yyyy_mm_dd: '2026-01-31', suite: '', check: '', assertion: '', metric: { value: 1 }, expression: null, tags: {} };
    const task = { id: 't', job: 'j', room: 'r', status: 'completed', payload: {}, result: { deep: [1] }, error: null } as const;
    const times = { createdAt: '', startedAt: null, completedAt: '' };
    const results = [{ ...result, severity: 'P0', status: 'SUCCESS' }] as const;
    await manager.process('context', aContext({ key: new ResultKey('2026-03-01', { env: 'x' }), results, task: { ...task, ...times } }));
    expect(witnessed()).toEqual([JSON.stringify([1, '2026-02-28', { deep: [1] }, false])]);
  });

  it('fails with what it throws, and lives on', async () => {
    await manager.registerPlugin('./told.mjs#Told');
    const failure = await failureOf('throw');
    expect(failure.message).toBe('out of range');
    expect(failure.stack).toContain('told.mjs');
    expect((await failureOf('text')).message).toBe('a text');
    expect(await failureOf('nothing')).toBeUndefined();
    expect(witnessed()).toEqual(['initialized', 'throw', 'text', 'nothing']);
  });

  it('fails the call whose results cannot be copied, and lives on', async () => {
    await manager.registerPlugin('./told.mjs#Told');
    const tags = { callback: () => undefined };
    await expect(manager.process('told', aContext({ key: new ResultKey('2026-01-31', tags) }))).rejects.toThrow('could not be cloned');
    expect(await failureOf('nothing')).toBeUndefined();
    expect(witnessed()).toEqual(['initialized', 'nothing']);
  });

  it('cannot answer for itself through the port of its thread', async () => {
    await manager.registerPlugin('./talker.mjs#Talker');
    await expect(manager.process('talker', aContext())).resolves.toBeUndefined();
  });

  it('is told when the caller gives up', async () => {
    await manager.registerPlugin('./listener.mjs#Listener');
    const controller = new AbortController();
    const called = manager.process('listener', aContext({ signal: controller.signal }));
    await written('waiting');
    controller.abort(new Error('the server stops'));
    await called;
    expect(witnessed()).toEqual(['waiting', 'told: the server stops']);
  });

  it('that refuses its configuration fails, and is asked again', async () => {
    await manager.registerPlugin('./told.mjs#Told');
    manager.setConfig({ told: { refuse: true } });
    expect((await failureOf('x')).message).toBe('no token');
    manager.setConfig({ told: { file } });
    expect(await failureOf('x')).toBeUndefined();
  });
});

describe('an endless loop', () => {
  it('is ended at the limit, while others and the server go on; the plugin starts anew, configured', async () => {
    const beside = new RecordingPlugin('beside');
    await manager.registerPlugin('./told.mjs#Told', './good.mjs#Good', beside);
    await manager.process('told', aContext({ suiteName: 'warm' }));
    const spinning = manager.processAll(aContext({ suiteName: 'spin' }));
    await manager.process('good', aContext({ suiteName: 'meanwhile' }));
    await manager.process('beside', aContext());
    expect(witnessed()).not.toContain('call 1 of spin');
    const outcomes = await spinning;
    expect(outcomes.map(({ name, error }) => [name, error && (error as Error).constructor])).toEqual([
      ['audit', undefined],
      ['told', PluginTimeLimitError],
      ['good', undefined],
      ['beside', undefined],
    ]);
    expect(logger.lines.join('\n')).toMatch(/error: Plugin told failed after [\d.]+ ms: Plugin told took longer than 3000 ms\./);
    await manager.process('told', aContext({ suiteName: 'again' }));
    const told = ['warm', 'spin', 'again'];
    expect(witnessed().filter((line) => told.includes(line))).toEqual(told);
    expect(witnessed().filter((line) => line === 'initialized')).toHaveLength(3);
  });

  it('in initialize is ended too', async () => {
    await manager.registerPlugin('./spinner.mjs#Spinner');
    await expect(manager.process('spinner', aContext())).rejects.toThrow(PluginTimeLimitError);
  });

  it('in the module itself refuses the registration', async () => {
    manager = aManager({ timeLimitMs: 500 });
    const error: unknown = await manager.registerPlugin('./endless-module.mjs#X').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PluginRegistrationError);
    expect((error as Error).message).toBe('Failed to register plugin ./endless-module.mjs#X: Loading it took longer than 500 ms.');
  });
});

describe('a thread that ends', () => {
  it.each([
    ['takes too much memory', 'eat', 'Its thread took more than 64 MB of memory.'],
    ['throws where nobody catches', 'crash', 'Its thread crashed: out of the blue.'],
    ['rejects where nobody catches', 'reject', 'Its thread crashed: not handled.'],
    ['leaves', 'exit', 'Its thread ended (exit code 7).'],
  ])('because it %s fails that call only; the next one starts it anew', async (_what, suiteName, message) => {
    manager = aManager({ memoryMb: 64, timeLimitMs: 60_000 });
    await manager.registerPlugin('./told.mjs#Told');
    const failure = await failureOf(suiteName);
    expect(failure).toBeInstanceOf(PluginThreadError);
    expect(failure.message).toBe(message);
    expect(await failureOf('again')).toBeUndefined();
    expect(witnessed()).toEqual(['initialized', suiteName, 'initialized', 'again']);
  });

  it('is started anew with the configuration of that moment', async () => {
    await manager.registerPlugin('./told.mjs#Told');
    await failureOf('exit');
    manager.setConfig({ told: { file, more: true } });
    expect(await failureOf('again')).toBeUndefined();
    expect(witnessed()).toEqual(['initialized', 'exit', 'initialized', 'again']);
  });

  it('between two calls is not noticed by anybody', async () => {
    await manager.registerPlugin('./told.mjs#Told');
    expect(await failureOf('crash later')).toBeUndefined();
    await written('crashing');
    // The news of its end may be on its way: a call that comes before it fails, and the one after starts the plugin anew.
    await failureOf('perhaps');
    expect(await failureOf('again')).toBeUndefined();
    expect(witnessed().at(-1)).toBe('again');
  });

  it('and cannot start again fails the calls until it can', async () => {
    application.write(
      'fragile.mjs',
      pluginSource('Fragile', 'fragile', "process() { if (existsSync(new URL('./broken', import.meta.url))) process.exit(1); }"),
    );
    await manager.registerPlugin('./fragile.mjs#Fragile');
    application.write('broken', '');
    await expect(manager.process('fragile', aContext())).rejects.toThrow('exit code 1');
    application.write('fragile.mjs', 'export const nothing = 1;');
    await expect(manager.process('fragile', aContext())).rejects.toThrow('Module ./fragile.mjs has no class Fragile');
    application.write('fragile.mjs', pluginSource('Fragile', 'fragile'));
    await expect(manager.process('fragile', aContext())).resolves.toBeUndefined();
  });

  it('is that of an unregistered plugin, after its calls, and of all when the manager is closed', async () => {
    await manager.registerPlugin('./told.mjs#Told', './good.mjs#Good');
    const called = manager.process('good', aContext({ suiteName: 'last' }));
    const spinning = manager.process('told', aContext({ suiteName: 'spin' })).catch((error: unknown) => error);
    await written('spin');
    manager.unregisterPlugin('good');
    await called;
    expect(witnessed()).toContain('call 1 of last');
    await manager.close();
    expect(await spinning).toBeInstanceOf(PluginThreadError);
  });
});

describe('a plugin that is refused in its thread', () => {
  it.each([
    ['./bad.mjs#Throwing', 'Failed to register plugin ./bad.mjs#Throwing: no licence'],
    [
      './bad.mjs#NoPlugin',
      "Plugin NoPlugin doesn't implement PostProcessor protocol. Ensure your plugin has both metadata() and process() methods.",
    ],
    ['./bad.mjs#Gone', 'Module ./bad.mjs has no class Gone'],
    ['./throws.mjs#X', 'Cannot import module ./throws.mjs: at import'],
    ['./exits.mjs#X', 'Failed to register plugin ./exits.mjs#X: Its thread ended (exit code 3).'],
  ])('%s', async (reference, message) => {
    const error: unknown = await manager.registerPlugin(reference).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PluginRegistrationError);
    expect((error as Error).message).toBe(message);
    expect((error as Error).cause).toHaveProperty('message');
  });
});

describe('isolation', () => {
  it('is for strings: an instance stays the object that it is', async () => {
    const plugin = new RecordingPlugin('mine');
    await manager.registerPlugin(plugin);
    expect(manager.getPlugins().get('mine')).toBe(plugin);
  });
});
