import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PluginNotFoundError } from '@joblib/plugins';
import type { PluginExecutionContext, PluginManager } from '@joblib/plugins';
import { RecordingPlugin, aContext } from '@joblib/plugins/testing';

import { ManagerScene, aPlugin } from './manager-scene.js';

let scene: ManagerScene;

beforeEach(() => {
  scene = new ManagerScene();
});
afterEach(() => scene.close());

/** As JavaScript allows: not with an error. */
function failingWith(thrown: unknown): () => Promise<never> {
  const reject = Promise.reject.bind(Promise) as (reason: unknown) => Promise<never>;
  return () => reject(thrown);
}

const linesWithoutTimes = (): string[] => scene.logger.lines.map((line) => line.replace(/[\d.]+ ms/, 'T ms'));

describe('processAll', () => {
  it('gives the same results to all, in registration order, one after the other', async () => {
    const order: string[] = [];
    const process = (name: string) => async (): Promise<void> => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    };
    const manager = await scene.openWith({}, aPlugin('b', { process: process('b') }), aPlugin('a', { process: process('a') }));
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
    const manager = await scene.openWith(
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
    const manager = await scene.openWith({}, plugin);
    plugin.failNext(new Error('sorry'));
    await manager.processAll(aContext());
    expect(manager.describePlugins()[0]?.lastError).toBe('sorry');
    await manager.processAll(aContext());
    expect(manager.describePlugins()[0]?.lastError).toBeNull();
  });

  it('says so at debug level and returns when there is no plugin', async () => {
    const manager = await scene.openWith();
    expect(await manager.processAll(aContext())).toEqual([]);
    expect(scene.logger.lines).toEqual(['debug: No plugins are registered.']);
  });

  it('rejects in the end with all errors when told to fail', async () => {
    const last = new RecordingPlugin('last');
    const first = aPlugin('first', { process: () => Promise.reject(new Error('sorry')) });
    const manager = await scene.openWith({ failOnPluginError: true }, first, last);
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
    const manager: PluginManager = await scene.openWith({}, changing, leaving);
    expect(await manager.processAll(aContext())).toHaveLength(2);
    expect([leaving.contexts.length, late.contexts.length]).toEqual([1, 0]);
    expect((await manager.processAll(aContext())).map(({ name }) => name)).toEqual(['changing', 'late']);
  });
});

describe('process', () => {
  it('calls one plugin and rejects with what it failed with', async () => {
    const plugin = new RecordingPlugin('mine');
    const other = new RecordingPlugin('other');
    const manager = await scene.openWith({}, plugin, other);
    await manager.process('mine', aContext());
    plugin.failNext(new Error('sorry'));
    await expect(manager.process('mine', aContext())).rejects.toThrow('sorry');
    expect([plugin.contexts.length, other.contexts.length]).toEqual([2, 0]);
  });

  it('rejects a name that is not registered', async () => {
    const manager = await scene.openWith();
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
    const manager = await scene.openWith({}, aPlugin('mine', { process }));
    await Promise.all(['a', 'b', 'c'].map((suiteName) => manager.process('mine', aContext({ suiteName }))));
    expect(seen).toEqual(['a:1', 'b:1', 'c:1']);
  });

  it('is still made when the plugin is unregistered meanwhile', async () => {
    const plugin = new RecordingPlugin('mine');
    const manager = await scene.openWith({}, plugin);
    const called = manager.process('mine', aContext());
    await plugin.received(1);
    manager.unregisterPlugin('mine');
    await called;
    await expect(manager.process('mine', aContext())).rejects.toThrow(PluginNotFoundError);
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
    const manager = await scene.openWith({}, aPlugin('mine', { process }));
    await expect(manager.process('mine', aContext({ signal: controller.signal }))).rejects.toThrow('the server stops');
  });

  it('spares the call when it comes before it, and before it is initialized', async () => {
    const plugin = new RecordingPlugin('mine');
    const manager = await scene.openWith({}, plugin);
    const signal = AbortSignal.abort(new Error('the server stops'));
    await expect(manager.process('mine', aContext({ signal }))).rejects.toThrow('the server stops');
    expect([plugin.configs, plugin.contexts]).toEqual([[], []]);
  });
});
