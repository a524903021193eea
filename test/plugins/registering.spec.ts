import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PluginManager, PluginMetadata, PluginRegistrationError } from '@joblib/plugins';
import { RecordingLogger, RecordingPlugin, aContext } from '@joblib/plugins/testing';

import { TemporaryApplication, pluginSource } from './application.js';

const METADATA = { name: 'x', version: '1', author: 'us', description: 'for tests' };

let application: TemporaryApplication;
let logger: RecordingLogger;
let manager: PluginManager;

beforeEach(() => {
  application = new TemporaryApplication({
    'slack.mjs': pluginSource('SlackPlugin', 'slack'),
    'chat#1/100%?.mjs': pluginSource('OddPath', 'odd'),
    'other-slack.mjs': pluginSource('OtherSlack', 'slack', 'static isOther = true;'),
    'node_modules/chat/package.json': JSON.stringify({ name: 'chat', type: 'module', exports: { './plugins': { import: './p.js' } } }),
    'node_modules/chat/p.js': pluginSource('ChatPlugin', 'chat'),
    'bad.mjs': `
      export class Throwing { constructor() { throw new Error('no licence'); } }
      export class NoProcess { metadata() {} }
      export const arrow = () => ({});
      export const text = 'x';
    `,
    'throws.mjs': "throw new Error('at import');",
    'syntax.mjs': 'export class {',
  });
  logger = new RecordingLogger();
  manager = aManager();
});
afterEach(async () => {
  await manager.close();
  application.remove();
});

function aManager(options = {}): PluginManager {
  return new PluginManager({ logger, baseUrl: application.baseUrl, discover: false, ...options });
}

async function refusalOf(...plugins: unknown[]): Promise<PluginRegistrationError> {
  const error = await manager.registerPlugin(...(plugins as [string, ...string[]])).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PluginRegistrationError);
  return error as PluginRegistrationError;
}

const names = (): string[] => [...manager.getPlugins().keys()];

describe('registering by string', () => {
  it('takes a path relative to the application, an absolute one, a file address and a package subpath', async () => {
    await manager.registerPlugin('./slack.mjs#SlackPlugin');
    expect(manager.getPlugins().get('slack')?.constructor.name).toBe('SlackPlugin');
    manager.unregisterPlugin('slack');
    await manager.registerPlugin(`${application.path('slack.mjs')}#SlackPlugin`);
    manager.unregisterPlugin('slack');
    await manager.registerPlugin(`${application.baseUrl}slack.mjs#SlackPlugin`);
    await manager.registerPlugin('chat/plugins#ChatPlugin');
    expect(names()).toEqual(['audit', 'slack', 'chat']);
  });

  it('takes a path with characters that mean something in addresses', async () => {
    await manager.registerPlugin('./chat#1/100%?.mjs#OddPath');
    expect(manager.pluginExists('odd')).toBe(true);
  });

  it.each(['no-class', '#Class', './slack.mjs#', '', '#', ' # '])('refuses %j as a reference', async (reference) => {
    expect((await refusalOf(reference)).message).toContain(`Invalid class name format: ${reference}`);
  });

  it.each([
    ['./gone.mjs#X', 'Cannot import module ./gone.mjs: '],
    ['no-such-package#X', 'Cannot import module no-such-package: '],
    ['chat#X', 'Cannot import module chat: '],
    ['./throws.mjs#X', 'Cannot import module ./throws.mjs: at import'],
    ['./syntax.mjs#X', 'Cannot import module ./syntax.mjs: '],
    ['./slack.mjs#Slack', 'Module ./slack.mjs has no class Slack'],
    ['./bad.mjs#arrow', 'Module ./bad.mjs has no class arrow'],
    ['./bad.mjs#text', 'Module ./bad.mjs has no class text'],
    ['./bad.mjs#Throwing', 'Failed to register plugin ./bad.mjs#Throwing: no licence'],
    ['./bad.mjs#NoProcess', "Plugin NoProcess doesn't implement PostProcessor protocol."],
  ])('refuses %s', async (reference, message) => {
    const error = await refusalOf(reference);
    expect(error.message).toContain(message);
    expect(names()).toEqual(['audit']);
  });

  it('keeps what was thrown as the cause', async () => {
    expect((await refusalOf('./bad.mjs#Throwing')).cause).toEqual(new Error('no licence'));
    expect((await refusalOf('./throws.mjs#X')).cause).toEqual(new Error('at import'));
  });
});

describe('registering an instance', () => {
  it('keeps that very object, with its state', async () => {
    const plugin = new RecordingPlugin('mine');
    await manager.registerPlugin(plugin);
    await manager.process('mine', aContext());
    await manager.process('mine', aContext());
    expect(manager.getPlugins().get('mine')).toBe(plugin);
    expect(plugin.contexts).toHaveLength(2);
  });

  it('takes a class with static metadata, and a plain object', async () => {
    class WithStatic {
      static metadata = () => new PluginMetadata({ ...METADATA, name: 'static' });
      static accepts = 'tasks';
      process(): void {}
    }
    const plain = { metadata: () => new PluginMetadata({ ...METADATA, name: 'plain' }), process: () => undefined };
    const bare = Object.assign(Object.create(null) as object, plain, { metadata: () => new PluginMetadata({ ...METADATA, name: 'bare' }) });
    await manager.registerPlugin(new WithStatic(), plain, bare);
    expect(names()).toEqual(['audit', 'static', 'plain', 'bare']);
    expect(manager.describePlugins().map(({ accepts }) => accepts)).toEqual(['reports', 'tasks', 'reports', 'reports']);
  });

  const NO_PLUGIN = "doesn't implement PostProcessor protocol. Ensure your plugin has both metadata() and process() methods.";
  it.each([
    ['a number', 42, 'number'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['an object with nothing in it', {}, 'Object'],
    ['an object without a class', Object.create(null), 'object'],
    ['an object of a nameless class', new (class {})(), 'object'],
    ['a class', class Unmade {}, 'Unmade'],
    [
      'a nameless function',
      (
        () => () =>
          undefined
      )(),
      'function',
    ],
    ['process alone', { process: () => undefined }, 'Object'],
    ['metadata alone', { metadata: () => undefined }, 'Object'],
    ['verbs that are no functions', { metadata: {}, process: true }, 'Object'],
  ])('refuses %s', async (_what, plugin, type) => {
    expect((await refusalOf(plugin)).message).toBe(`Plugin ${type} ${NO_PLUGIN}`);
  });

  it('refuses one whose metadata cannot be had', async () => {
    const cause = new Error('no file');
    const plugin = {
      metadata: () => {
        throw cause;
      },
      process: () => undefined,
    };
    expect(await refusalOf(plugin)).toMatchObject({ message: 'Failed to get metadata from plugin Object: no file', cause });
  });

  it.each([
    ['an object', { name: 'x' }, 'Object'],
    ['a string', 'x', 'string'],
    ['null', null, 'null'],
    ['a promise', Promise.resolve(), 'Promise'],
  ])('refuses one whose metadata are %s', async (_what, metadata, type) => {
    const { message } = await refusalOf({ metadata: () => metadata, process: () => undefined });
    expect(message).toBe(`Plugin Object's metadata() must return a PluginMetadata instance, got ${type}`);
  });

  it('refuses one that accepts something unknown, or cannot be looked at', async () => {
    const plugin = { metadata: () => new PluginMetadata(METADATA), process: () => undefined };
    expect((await refusalOf({ ...plugin, accepts: 'all' })).message).toContain('Plugin Object accepts something unknown');
    const locked = Object.defineProperty({ ...plugin }, 'process', {
      get: () => {
        throw new Error('locked');
      },
    });
    expect((await refusalOf(locked)).message).toBe('Failed to register plugin Object: locked');
  });
});

describe('registering many', () => {
  it('takes strings and instances in order, and says how many', async () => {
    await manager.registerPlugin(new RecordingPlugin('b'), './slack.mjs#SlackPlugin', new RecordingPlugin('a'));
    expect(names()).toEqual(['audit', 'b', 'slack', 'a']);
    expect(logger.lines).toContain('info: Successfully registered 3 plugin(s)');
  });

  it('does not count a single one', async () => {
    await manager.registerPlugin('./slack.mjs#SlackPlugin');
    expect(logger.lines).toEqual(['info: Registered plugin slack (./slack.mjs#SlackPlugin)']);
  });

  it('stops at the first bad one and keeps those before it', async () => {
    await refusalOf(new RecordingPlugin('a'), './gone.mjs#X', new RecordingPlugin('b'));
    expect(names()).toEqual(['audit', 'a']);
    expect(logger.lines.join()).not.toContain('Successfully');
  });

  it('takes what is asked for at once in the order in which it was asked for', async () => {
    const last = new RecordingPlugin('slack');
    await Promise.all([manager.registerPlugin('./slack.mjs#SlackPlugin'), manager.registerPlugin(last)]);
    expect(manager.getPlugins().get('slack')).toBe(last);
  });

  it('goes on after a registration that failed', async () => {
    await Promise.all([refusalOf('./gone.mjs#X'), manager.registerPlugin(new RecordingPlugin('a'))]);
    expect(names()).toEqual(['audit', 'a']);
  });
});

describe('a name that is taken', () => {
  it('goes to the last registration, whatever the mix, and that is its place in the order', async () => {
    const instance = new RecordingPlugin('slack');
    await manager.registerPlugin('./slack.mjs#SlackPlugin', new RecordingPlugin('z'), instance);
    expect(manager.getPlugins().get('slack')).toBe(instance);
    expect(names()).toEqual(['audit', 'z', 'slack']);
    await manager.registerPlugin('./other-slack.mjs#OtherSlack');
    expect(manager.getPlugins().get('slack')?.constructor).toHaveProperty('isOther', true);
    expect(logger.lines).toContain('info: Replaced plugin slack (./other-slack.mjs#OtherSlack)');
  });

  it('may be that of the built-in one', async () => {
    const mine = new RecordingPlugin('audit');
    await manager.registerPlugin(mine);
    expect([...manager.getPlugins().values()]).toEqual([mine]);
  });
});

describe('the registry', () => {
  it('has the audit plugin from the start, and says what is known of each', async () => {
    await manager.registerPlugin('./slack.mjs#SlackPlugin', new RecordingPlugin('mine'));
    expect(manager.describePlugins().map(({ metadata, source, lastError }) => [metadata.name, source, lastError])).toEqual([
      ['audit', 'built-in', null],
      ['slack', './slack.mjs#SlackPlugin', null],
      ['mine', 'instance', null],
    ]);
    expect(manager.describePlugins()[1]?.metadata).toMatchObject({ version: '1.2.3', author: 'an author', description: 'for tests' });
  });

  it('forgets one, or all, and says whether there was one', async () => {
    await manager.registerPlugin(new RecordingPlugin('a'), new RecordingPlugin('b'));
    expect([manager.unregisterPlugin('a'), manager.unregisterPlugin('a'), manager.pluginExists('a')]).toEqual([true, false, false]);
    manager.clearPlugins();
    expect(names()).toEqual([]);
  });

  it('is answered as it is now: changing the answer changes nothing', () => {
    (manager.getPlugins() as Map<string, unknown>).clear();
    expect(manager.pluginExists('audit')).toBe(true);
  });

  it('is empty after it was closed', async () => {
    await using closed = aManager();
    await closed.close();
    expect(closed.getPlugins().size).toBe(0);
  });
});

describe('the options', () => {
  it.each([
    [{ timeLimitMs: 0 }, 'timeLimitMs'],
    [{ timeLimitMs: NaN }, 'timeLimitMs'],
    [{ timeLimitMs: 2 ** 31 }, 'timeLimitMs'],
    [{ memoryMb: -1 }, 'memoryMb'],
    [{ isolation: 'process' }, 'isolation'],
    [{ baseUrl: 'https://example.org/' }, 'baseUrl'],
    [{ config: [] }, 'config'],
    [{ config: 7 }, 'config'],
  ])('are refused when they are %j', (options, name) => {
    expect(() => aManager(options)).toThrow(name);
  });

  it('may be left out', () => {
    expect([...new PluginManager().getPlugins().keys()]).toEqual(['audit']);
  });

  it('are none by default: references are from the working folder', async () => {
    await using plain = new PluginManager({ discover: false, logger });
    const error = await plain.registerPlugin('./no-such-folder/x.mjs#X').catch((thrown: unknown) => thrown);
    expect((error as Error).message).toContain(process.cwd());
  });
});
