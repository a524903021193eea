import { afterEach, describe, expect, it } from '@jest/globals';
import { PluginManager } from '@joblib/plugins';
import type { PluginManagerOptions } from '@joblib/plugins';
import { RecordingLogger, RecordingPlugin, aContext } from '@joblib/plugins/testing';

import { TemporaryApplication, pluginSource } from './application.js';

const logger = new RecordingLogger();
const applications: TemporaryApplication[] = [];
const managers: PluginManager[] = [];

afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close()));
  for (const application of applications.splice(0)) application.remove();
  logger.lines.splice(0);
});

function anApplication(manifest: unknown, files: Readonly<Record<string, string>> = {}): TemporaryApplication {
  const application = new TemporaryApplication({
    'package.json': typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
    ...aPackage('chat', { chat_entry: './dist/chat.js#ChatPlugin' }),
    'node_modules/chat/dist/chat.js': pluginSource(
      'ChatPlugin',
      'chat',
      'initialize(config) { if (config.bad) throw new Error(config.bad); }',
    ),
    ...aPackage('@scope/mail', { mail: './mail.js#MailPlugin' }),
    'node_modules/@scope/mail/mail.js': pluginSource('MailPlugin', 'mail'),
    ...files,
  });
  applications.push(application);
  return application;
}

function aPackage(name: string, plugins: unknown): Record<string, string> {
  return { [`node_modules/${name}/package.json`]: JSON.stringify({ name, type: 'module', exports: {}, joblib: { plugins } }) };
}

function aManager({ baseUrl }: { baseUrl: string }, options: PluginManagerOptions = {}): PluginManager {
  const manager = new PluginManager({ logger, baseUrl, ...options });
  managers.push(manager);
  return manager;
}

const sourcesOf = (manager: PluginManager): string[] => manager.describePlugins().map(({ source }) => source);

describe('discovery', () => {
  it('loads what the packages among the dependencies offer, also without exporting it', async () => {
    const manifest = { dependencies: { chat: '1', gone: '1' }, optionalDependencies: { '@scope/mail': '1', chat: '1' } };
    const manager = aManager(anApplication(manifest));
    await manager.discover();
    expect(sourcesOf(manager)).toEqual(['built-in', 'chat/dist/chat.js#ChatPlugin', '@scope/mail/mail.js#MailPlugin']);
  });

  it('looks for the application above its base, and for packages above the application', async () => {
    const application = anApplication({}, { 'apps/a/package.json': '{"dependencies":{"chat":"1"}}', 'apps/a/config/x.yaml': '' });
    const manager = aManager({ baseUrl: `${application.baseUrl}apps/a/config/x.yaml` });
    await manager.discover();
    expect(manager.pluginExists('chat')).toBe(true);
  });

  it('leaves packages alone that are not among the dependencies', async () => {
    const manager = aManager(anApplication({ devDependencies: { chat: '1' } }));
    await manager.discover();
    expect(sourcesOf(manager)).toEqual(['built-in']);
  });

  it.each([
    ['before the first run', (manager: PluginManager) => manager.processAll(aContext())],
    ['before the first call of one plugin', (manager: PluginManager) => manager.process('chat', aContext())],
    ['before the first registration', (manager: PluginManager) => manager.registerPlugin(new RecordingPlugin('chat'))],
  ])('happens by itself %s', async (_when, act) => {
    const manager = aManager(anApplication({ dependencies: { '@scope/mail': '1', chat: '1' } }));
    expect(sourcesOf(manager)).toEqual(['built-in']);
    await act(manager);
    expect([...manager.getPlugins().keys()]).toEqual(['audit', 'mail', 'chat']);
  });

  it('gives way to what is registered by hand', async () => {
    const manager = aManager(anApplication({ dependencies: { chat: '1' } }));
    const mine = new RecordingPlugin('chat');
    await manager.registerPlugin(mine);
    await manager.processAll(aContext());
    expect(manager.getPlugins().get('chat')).toBe(mine);
  });

  it('happens once', async () => {
    const manager = aManager(anApplication({ dependencies: { chat: '1' } }));
    await Promise.all([manager.discover(), manager.discover(), manager.processAll(aContext())]);
    manager.unregisterPlugin('chat');
    await manager.processAll(aContext());
    expect(manager.pluginExists('chat')).toBe(false);
    expect(logger.lines.filter((line) => line.startsWith('info: Registered plugin chat'))).toHaveLength(1);
  });

  it('can be switched off, and does not happen after all plugins were removed', async () => {
    const application = anApplication({ dependencies: { chat: '1' } });
    const off = aManager(application, { discover: false });
    const cleared = aManager(application);
    cleared.clearPlugins();
    await Promise.all([off.discover(), cleared.discover()]);
    expect([sourcesOf(off), sourcesOf(cleared)]).toEqual([['built-in'], []]);
  });

  it('adds nothing when all plugins are removed while it looks', async () => {
    const manager = aManager(anApplication({ dependencies: { chat: '1', broken: '1' } }, aPackage('broken', { x: './gone.js#X' })));
    const discovered = manager.discover();
    manager.clearPlugins();
    await discovered;
    expect(sourcesOf(manager)).toEqual([]);
  });

  it('lets the configuration be under the name of the entry', async () => {
    const manager = aManager(anApplication({ dependencies: { chat: '1' } }), { config: { chat_entry: { bad: 'heard' } } });
    const outcomes = await manager.processAll(aContext());
    expect(outcomes.map(({ error }) => error)).toEqual([undefined, expect.objectContaining({ message: 'heard' })]);
  });

  it('logs and leaves out every broken entry; the others load', async () => {
    const broken = {
      ...aPackage('broken', {
        module: './gone.js#X',
        format: './x.js',
        number: 7,
        class: './x.js#Y',
        throwing: './x.js#Throwing',
      }),
      'node_modules/broken/x.js': "export class Throwing { constructor() { throw new Error('no licence'); } }",
      ...aPackage('list', ['./x.js#X']),
      ...aPackage('nothing', null),
      'node_modules/unreadable/package.json': '{',
      'node_modules/none/package.json': '{"joblib":null}',
    };
    const names = ['broken', 'list', 'nothing', 'unreadable', 'none', 'chat'];
    const manager = aManager(anApplication({ dependencies: Object.fromEntries(names.map((name) => [name, '1'])) }, broken));
    await manager.discover();
    expect(sourcesOf(manager)).toEqual(['built-in', 'chat/dist/chat.js#ChatPlugin']);
    const errors = logger.lines.filter((line) => line.startsWith('error: ')).sort();
    expect(errors).toEqual([
      expect.stringContaining('Failed to load plugin class: Module broken/x.js has no class Y'),
      expect.stringContaining('Failed to load plugin format of package broken: Invalid class name format: ./x.js'),
      expect.stringContaining('Failed to load plugin module: Cannot import module broken/gone.js: '),
      expect.stringContaining('Failed to load plugin number of package broken: Invalid class name format: 7'),
      expect.stringContaining('Failed to load plugin throwing: Failed to register plugin broken/x.js#Throwing: no licence'),
      expect.stringContaining('Plugins of package list cannot be discovered: "joblib.plugins" has to be an object'),
      expect.stringContaining('Plugins of package nothing cannot be discovered: "joblib.plugins" has to be an object'),
      expect.stringContaining('Plugins of package unreadable cannot be discovered: '),
    ]);
  });

  it.each([
    ['is broken', '{'],
    ['is null', 'null'],
  ])('logs that the package.json of the application %s', async (_what, manifest) => {
    const manager = aManager(anApplication(manifest));
    await manager.discover();
    expect(sourcesOf(manager)).toEqual(['built-in']);
    expect(logger.lines).toEqual([expect.stringMatching(/^error: Plugins cannot be discovered: /)]);
  });

  it('finds nothing in odd dependencies, and nothing where there is no application', async () => {
    const odd = aManager(anApplication({ dependencies: ['chat'], optionalDependencies: null }));
    const nowhere = aManager({ baseUrl: 'file:///no-such-folder/' });
    await Promise.all([odd.discover(), nowhere.discover()]);
    expect([...sourcesOf(odd), ...sourcesOf(nowhere)]).toEqual(['built-in', 'built-in']);
    expect(logger.lines).toEqual([]);
  });

  it('goes on above a folder that is none, and reports one that it cannot read', async () => {
    const application = anApplication(
      { dependencies: { file: '1', folder: '1', chat: '1' } },
      {
        'node_modules/file': 'no folder',
        'node_modules/folder/package.json/x': '',
      },
    );
    const manager = aManager(application);
    await manager.discover();
    expect(manager.pluginExists('chat')).toBe(true);
    expect(logger.lines.filter((line) => line.startsWith('error'))).toEqual([
      expect.stringContaining('Plugins of package folder cannot be discovered: EISDIR'),
    ]);
  });
});
