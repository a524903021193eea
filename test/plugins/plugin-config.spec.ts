import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { PluginConfig } from '@joblib/plugins';
import { RecordingPlugin, aContext } from '@joblib/plugins/testing';

import { ManagerScene, aPlugin } from './manager-scene.js';

let scene: ManagerScene;

beforeEach(() => {
  scene = new ManagerScene();
});
afterEach(() => scene.close());

describe('the configuration', () => {
  it('is given before the first call, empty when there is none, and again only when it changed', async () => {
    const plugin = new RecordingPlugin('mine');
    const manager = await scene.openWith({ config: { other: { a: 1 } } }, plugin);
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
    const manager = await scene.openWith({}, aPlugin('mine', { initialize, process: () => order.push('processed') }));
    await manager.processAll(aContext());
    expect(order).toEqual(['initialized', 'processed']);
  });

  it('is not needed by a plugin that has no initialize', async () => {
    const manager = await scene.openWith({ config: { mine: { a: 1 } } }, aPlugin('mine'));
    expect(await manager.processAll(aContext())).toEqual([{ name: 'mine', elapsedMs: expect.any(Number) }]);
  });

  it("that a plugin refuses is that plugin's failure, and tried again at the next call", async () => {
    const initialize = (config: PluginConfig): void => {
      if (config.token === undefined) throw new Error('no token');
    };
    const other = new RecordingPlugin('other');
    const manager = await scene.openWith({}, aPlugin('mine', { initialize }), other);
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
    const manager = await scene.openWith({ config }, new RecordingPlugin('mine'), new RecordingPlugin('other'));
    const [mine, other] = await manager.processAll(aContext());
    expect(String(mine?.error)).toBe(`TypeError: The configuration of plugin mine must be an object, got ${type}.`);
    expect(other).not.toHaveProperty('error');
  });

  it('has to be a map', async () => {
    const manager = await scene.openWith();
    expect(() => manager.setConfig([] as never)).toThrow('config must be an object with a key for each plugin, got Array.');
  });

  it('of the audit plugin may be under its older name; its own comes first', async () => {
    const manager = scene.open({ config: { dqx_audit: { audit_file: 7 } } });
    expect((await manager.processAll(aContext()))[0]).toHaveProperty('error');
    manager.setConfig({ dqx_audit: { audit_file: 7 }, audit: {} });
    expect((await manager.processAll(aContext()))[0]).not.toHaveProperty('error');
  });
});
