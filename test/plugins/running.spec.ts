import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PluginManager, PluginMetadata, PluginNotFoundError, PluginTimeLimitError } from '@joblib/plugins';
import type { PluginConfig, PluginExecutionContext, PluginManagerOptions, PostProcessor } from '@joblib/plugins';
import { RecordingLogger, RecordingPlugin, aContext } from '@joblib/plugins/testing';

let logger: RecordingLogger;
const managers: PluginManager[] = [];

beforeEach(() => {
  logger = new RecordingLogger();
});
afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(managers.splice(0).map((manager) => manager.close()));
});

async function aManager(options: PluginManagerOptions = {}, ...plugins: PostProcessor[]): Promise<PluginManager> {
  const manager = new PluginManager({ logger, discover: false, ...options });
  managers.push(manager);
  manager.clearPlugins();
  for (const plugin of plugins) await manager.registerPlugin(plugin);
  logger.lines.splice(0);
  return manager;
}

type Verbs = Partial<Omit<PostProcessor, 'metadata'>>;

function aPlugin(name: string, verbs: Verbs = {}): PostProcessor {
  const metadata = new PluginMetadata({ name, version: '1', author: 'us', description: '' });
  return { metadata: () => metadata, process: () => undefined, ...verbs };
}

/** As JavaScript allows: not with an error. */
function failingWith(thrown: unknown): () => Promise<never> {
  const reject = Promise.reject.bind(Promise) as (reason: unknown) => Promise<never>;
  return () => reject(thrown);
}

const linesWithoutTimes = (): string[] => logger.lines.map((line) => line.replace(/[\d.]+ ms/, 'T ms'));

describe('processAll', () => {
  it('gives the same results to all, in registration order, one after the other', async () => {
    const order: string[] = [];
    const process = (name: string) => async (): Promise<void> => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    };
    const manager = await aManager({}, aPlugin('b', { process: process('b') }), aPlugin('a', { process: process('a') }));
    const outcomes = await manager.processAll(aContext());
    expect(order).toEqual(['b begins', 'b ends', 'a begins', 'a ends']);
    expect(outcomes).toEqual([
      { name: 'b', elapsedMs: expect.any(Number) },
      { name: 'a', elapsedMs: expect.any(Number) },
    ]);
    expect(linesWithoutTimes()).toEqual(['info: Plugin b processed the results in T ms', 'info: Plugin a processed the results in T ms']);
  });

  it('lets nothing that a plugin does wrong reach the caller or another plugin', async () => {
    const last = new RecordingPlugin('last');
    const manager = await aManager(
      {},
      aPlugin('throws', {
        process: () => {
          throw new Error('sorry');
        },
      }),
      aPlugin('rejects', { process: () => Promise.reject(new RangeError('')) }),
      aPlugin('text', { process: failingWith('a text') }),
      aPlugin('nothing', { process: failingWith('') }),
      last,
    );
    const outcomes = await manager.processAll(aContext());
    expect(outcomes.map(({ name, error }) => [name, String(error)])).toEqual([
      ['throws', 'Error: sorry'],
      ['rejects', 'RangeError'],
      ['text', 'a text'],
      ['nothing', ''],
      ['last', 'undefined'],
    ]);
    expect(last.contexts).toHaveLength(1);
    expect(linesWithoutTimes()).toEqual([
      'error: Plugin throws failed after T ms: sorry',
      'error: Plugin rejects failed after T ms: RangeError',
      'error: Plugin text failed after T ms: a text',
      'error: Plugin nothing failed after T ms: unknown error',
      'info: Plugin last processed the results in T ms',
    ]);
  });

  it('records what the last call failed with, until one succeeds', async () => {
    const plugin = new RecordingPlugin('mine');
    const manager = await aManager({}, plugin);
    plugin.failNext(new Error('sorry'));
    await manager.processAll(aContext());
    expect(manager.describePlugins()[0]?.lastError).toBe('sorry');
    await manager.processAll(aContext());
    expect(manager.describePlugins()[0]?.lastError).toBeNull();
  });

  it('says so at debug level and returns when there is no plugin', async () => {
    const manager = await aManager();
    expect(await manager.processAll(aContext())).toEqual([]);
    expect(logger.lines).toEqual(['debug: No plugins are registered.']);
  });

  it('rejects in the end with all errors when told to fail', async () => {
    const last = new RecordingPlugin('last');
    const first = aPlugin('first', { process: () => Promise.reject(new Error('sorry')) });
    const manager = await aManager({ failOnPluginError: true }, first, last);
    const error: unknown = await manager.processAll(aContext()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject({ errors: [new Error('sorry')], message: '1 of 2 plugins failed.' });
    expect(last.contexts).toHaveLength(1);
    manager.unregisterPlugin('first');
    expect(await manager.processAll(aContext())).toHaveLength(1);
  });

  it('sees changes of the registry at the next run', async () => {
    const late = new RecordingPlugin('late');
    const leaving = new RecordingPlugin('leaving');
    const changing = aPlugin('changing', {
      process: async () => {
        manager.unregisterPlugin('leaving');
        await manager.registerPlugin(late);
      },
    });
    const manager: PluginManager = await aManager({}, changing, leaving);
    expect(await manager.processAll(aContext())).toHaveLength(2);
    expect([leaving.contexts.length, late.contexts.length]).toEqual([1, 0]);
    expect((await manager.processAll(aContext())).map(({ name }) => name)).toEqual(['changing', 'late']);
  });
});

describe('process', () => {
  it('calls one plugin and rejects with what it failed with', async () => {
    const plugin = new RecordingPlugin('mine');
    const other = new RecordingPlugin('other');
    const manager = await aManager({}, plugin, other);
    await manager.process('mine', aContext());
    plugin.failNext(new Error('sorry'));
    await expect(manager.process('mine', aContext())).rejects.toThrow('sorry');
    expect([plugin.contexts.length, other.contexts.length]).toEqual([2, 0]);
  });

  it('rejects a name that is not registered', async () => {
    const manager = await aManager();
    await expect(manager.process('gone', aContext())).rejects.toThrow(new PluginNotFoundError('Plugin gone is not registered.'));
  });

  it('runs once at a time, in the order of the calls', async () => {
    let running = 0;
    const seen: string[] = [];
    const process = async ({ suiteName }: PluginExecutionContext): Promise<void> => {
      running += 1;
      seen.push(`${suiteName}:${running}`);
      await new Promise(setImmediate);
      running -= 1;
    };
    const manager = await aManager({}, aPlugin('mine', { process }));
    await Promise.all(['a', 'b', 'c'].map((suiteName) => manager.process('mine', aContext({ suiteName }))));
    expect(seen).toEqual(['a:1', 'b:1', 'c:1']);
  });

  it('is still made when the plugin is unregistered meanwhile', async () => {
    const plugin = new RecordingPlugin('mine');
    const manager = await aManager({}, plugin);
    const called = manager.process('mine', aContext());
    await plugin.received(1);
    manager.unregisterPlugin('mine');
    await called;
    await expect(manager.process('mine', aContext())).rejects.toThrow(PluginNotFoundError);
  });
});

describe('the time limit', () => {
  const stuck = (): Promise<never> => new Promise(() => undefined);

  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['performance', 'setImmediate', 'nextTick', 'queueMicrotask'] }));
  const turn = (): Promise<unknown> => new Promise(setImmediate);

  it('is 60 seconds, and the call fails then; its signal tells the plugin', async () => {
    let signal: AbortSignal | undefined;
    const process = (context: PluginExecutionContext): Promise<never> => {
      ({ signal } = context);
      return stuck();
    };
    const manager = await aManager({}, aPlugin('slow', { process }));
    const called = manager.process('slow', aContext()).catch((error: unknown) => error);
    await turn();
    jest.advanceTimersByTime(59_999);
    await turn();
    expect(signal?.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(await called).toEqual(new PluginTimeLimitError('Plugin slow took longer than 60000 ms.'));
    expect(signal?.reason).toBeInstanceOf(PluginTimeLimitError);
  });

  it('can be set, counts initializing, and lets the next plugin run', async () => {
    const last = new RecordingPlugin('last');
    const manager = await aManager({ timeLimitMs: 10 }, aPlugin('slow', { initialize: stuck }), last);
    const called = manager.processAll(aContext());
    await turn();
    jest.advanceTimersByTime(10);
    expect((await called).map(({ error }) => (error instanceof Error ? `${error.name}: ${error.message}` : error))).toEqual([
      'PluginTimeLimitError: Plugin slow took longer than 10 ms.',
      undefined,
    ]);
    expect(last.contexts).toHaveLength(1);
  });

  it('does not count the wait for an earlier call that keeps to it', async () => {
    const finish: (() => void)[] = [];
    const manager = await aManager({ timeLimitMs: 10 }, aPlugin('slow', { process: () => new Promise<void>((done) => finish.push(done)) }));
    const calls = Promise.all([manager.process('slow', aContext()), manager.process('slow', aContext())]);
    for (const call of [0, 1]) {
      await turn();
      jest.advanceTimersByTime(9);
      finish[call]?.();
    }
    await calls;
    expect(finish).toHaveLength(2);
  });

  it('never lets a second call begin beside one that ignores it; that one fails, and is not made up for', async () => {
    const finish: (() => void)[] = [];
    const manager = await aManager({ timeLimitMs: 10 }, aPlugin('slow', { process: () => new Promise<void>((done) => finish.push(done)) }));
    const first = manager.process('slow', aContext()).catch((error: unknown) => String(error));
    const second = manager.process('slow', aContext()).catch((error: unknown) => String(error));
    await turn();
    jest.advanceTimersByTime(10);
    expect(await first).toContain('took longer than 10 ms');
    await turn();
    jest.advanceTimersByTime(10);
    expect(await second).toContain('is still busy with an earlier call that ran over its limit of 10 ms');
    expect(finish).toHaveLength(1);
    finish[0]?.();
    await turn();
    expect(finish).toHaveLength(1);
    const third = manager.process('slow', aContext());
    await turn();
    finish[1]?.();
    await third;
  });
});

describe('the signal of a caller', () => {
  it('reaches the plugin, which may give up', async () => {
    const controller = new AbortController();
    const process = ({ signal }: PluginExecutionContext): Promise<void> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        controller.abort(new Error('the server stops'));
      });
    const manager = await aManager({}, aPlugin('mine', { process }));
    await expect(manager.process('mine', aContext({ signal: controller.signal }))).rejects.toThrow('the server stops');
  });

  it('spares the call when it comes before it, and before it is initialized', async () => {
    const plugin = new RecordingPlugin('mine');
    const manager = await aManager({}, plugin);
    const signal = AbortSignal.abort(new Error('the server stops'));
    await expect(manager.process('mine', aContext({ signal }))).rejects.toThrow('the server stops');
    expect([plugin.configs, plugin.contexts]).toEqual([[], []]);
  });
});

describe('the configuration', () => {
  it('is given before the first call, empty when there is none, and again only when it changed', async () => {
    const plugin = new RecordingPlugin('mine');
    const manager = await aManager({ config: { other: { a: 1 } } }, plugin);
    const run = (): Promise<unknown> => manager.processAll(aContext());
    await run();
    await run();
    manager.setConfig({ mine: { a: { b: 1 } } });
    await run();
    manager.setConfig({ mine: { a: { b: 1 } }, other: {} });
    await run();
    manager.setConfig({});
    await run();
    expect(plugin.configs).toEqual([{}, { a: { b: 1 } }, {}]);
    expect(plugin.contexts).toHaveLength(5);
  });

  it('is awaited', async () => {
    const order: string[] = [];
    const initialize = async (): Promise<void> => {
      await new Promise(setImmediate);
      order.push('initialized');
    };
    const manager = await aManager({}, aPlugin('mine', { initialize, process: () => order.push('processed') }));
    await manager.processAll(aContext());
    expect(order).toEqual(['initialized', 'processed']);
  });

  it('is not needed by a plugin that has no initialize', async () => {
    const manager = await aManager({ config: { mine: { a: 1 } } }, aPlugin('mine'));
    expect(await manager.processAll(aContext())).toEqual([{ name: 'mine', elapsedMs: expect.any(Number) }]);
  });

  it("that a plugin refuses is that plugin's failure, and tried again at the next call", async () => {
    const initialize = (config: PluginConfig): void => {
      if (config.token === undefined) throw new Error('no token');
    };
    const other = new RecordingPlugin('other');
    const manager = await aManager({}, aPlugin('mine', { initialize }), other);
    for (const _ of [1, 2]) {
      expect(String((await manager.processAll(aContext()))[0]?.error)).toBe('Error: no token');
    }
    manager.setConfig({ mine: { token: 't' } });
    expect((await manager.processAll(aContext()))[0]).not.toHaveProperty('error');
    expect(other.contexts).toHaveLength(3);
  });

  it.each([
    [7, 'number'],
    [null, 'null'],
    [[], 'Array'],
    ['text', 'string'],
  ])('of one plugin that is %j fails that plugin only', async (bad, type) => {
    const config = { mine: bad } as unknown as Record<string, PluginConfig>;
    const manager = await aManager({ config }, new RecordingPlugin('mine'), new RecordingPlugin('other'));
    const [mine, other] = await manager.processAll(aContext());
    expect(String(mine?.error)).toBe(`TypeError: The configuration of plugin mine must be an object, got ${type}.`);
    expect(other).not.toHaveProperty('error');
  });

  it('has to be a map', async () => {
    const manager = await aManager();
    expect(() => manager.setConfig([] as never)).toThrow('config must be an object with a key for each plugin, got Array.');
  });

  it('of the audit plugin may be under its older name; its own comes first', async () => {
    const manager = new PluginManager({ logger, discover: false, config: { dqx_audit: { audit_file: 7 } } });
    managers.push(manager);
    expect((await manager.processAll(aContext()))[0]).toHaveProperty('error');
    manager.setConfig({ dqx_audit: { audit_file: 7 }, audit: {} });
    expect((await manager.processAll(aContext()))[0]).not.toHaveProperty('error');
  });
});
