import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { PluginHost, PluginManager } from '@joblib/plugins';

import { ConfigError } from '../../src/config/config-error.js';
import { readJoblibFile } from '../../src/config/joblib-file.js';
import { openPlugins } from '../../src/plugins/open-plugins.js';
import { ServicePluginHost } from '../../src/plugins/service-plugin-host.js';
import { TemporaryApplication, pluginSource } from './application.js';

/** Nothing of it is used before a result comes. */
const HOST = {} as PluginHost;

let application: TemporaryApplication;
const managers: PluginManager[] = [];

beforeEach(() => {
  Logger.overrideLogger(false);
  application = new TemporaryApplication({
    'package.json': JSON.stringify({ dependencies: { chat: '1', broken: '1' } }),
    ...aPackage('chat', { chat_entry: './chat.js#ChatPlugin' }),
    'node_modules/chat/chat.js': pluginSource('ChatPlugin', 'chat'),
    ...aPackage('broken', { broken_entry: './gone.js#X' }),
    'slack.mjs': pluginSource('SlackPlugin', 'slack'),
    'bad.mjs': `
      export class NoProcess { metadata() {} }
      export class Throwing { constructor() { throw new Error('no licence'); } }
      export class BadMetadata { metadata() { return 'x'; } process() {} }
      export class Failing { metadata() { throw new Error('no name\\nyet'); } process() {} }
    `,
    'throws.mjs': "throw new Error('at import');",
  });
});
afterEach(async () => {
  Logger.overrideLogger(['error', 'warn', 'log']);
  await Promise.all(managers.splice(0).map((manager) => manager.close()));
  application.remove();
});

function aPackage(name: string, plugins: unknown): Record<string, string> {
  return { [`node_modules/${name}/package.json`]: JSON.stringify({ name, type: 'module', joblib: { plugins } }) };
}

async function opened(config: object): Promise<PluginManager> {
  application.write('joblib.yaml', JSON.stringify(config));
  const manager = await openPlugins(readJoblibFile(null, application.folder, {}), HOST);
  managers.push(manager);
  return manager;
}

describe('openPlugins', () => {
  it('has audit, then what is configured, then what packages offer, then what the file names', async () => {
    const manager = await opened({
      plugins: ['./slack.mjs#SlackPlugin'],
      plugin_config: { webhook: { url: 'http://x' }, chat_entry: {}, slack: {} },
    });
    expect(manager.describePlugins().map(({ metadata, source }) => [metadata.name, source])).toEqual([
      ['audit', 'built-in'],
      ['webhook', 'built-in'],
      ['chat', 'chat/chat.js#ChatPlugin'],
      ['slack', './slack.mjs#SlackPlugin'],
    ]);
    expect(manager.unusedConfigKeys()).toEqual([]);
  });

  it('does as the file says', async () => {
    const manager = await opened({ discover_plugins: false, plugin_time_limit_seconds: 1.5 });
    expect([...manager.getPlugins().keys(), manager.timeLimitMs]).toEqual(['audit', 1500]);
  });

  it('has of two plugins with one name the last, a built-in one included', async () => {
    application.write('mine.mjs', pluginSource('Mine', 'webhook'));
    const manager = await opened({ plugins: ['./mine.mjs#Mine'], plugin_config: { webhook: { url: 'http://x' } } });
    expect(manager.describePlugins().find(({ metadata }) => metadata.name === 'webhook')?.source).toBe('./mine.mjs#Mine');
  });

  it.each([
    [{ plugins: ['./gone.mjs#X'] }, 'plugins: Cannot import module ./gone.mjs: '],
    [{ plugins: ['./throws.mjs#X'] }, 'plugins: Cannot import module ./throws.mjs: at import.'],
    [{ plugins: ['./slack.mjs#SlackPlugin', './bad.mjs#Gone'] }, 'plugins: Module ./bad.mjs has no class Gone.'],
    [{ plugins: ['./bad.mjs#NoProcess'] }, "plugins: Plugin NoProcess doesn't implement PostProcessor protocol. Ensure "],
    [{ plugins: ['./bad.mjs#Throwing'] }, 'plugins: Failed to register plugin ./bad.mjs#Throwing: no licence.'],
    [{ plugins: ['./bad.mjs#BadMetadata'] }, "plugins: Plugin BadMetadata's metadata() must return a PluginMetadata instance, got string."],
    [{ plugins: ['./bad.mjs#Failing'] }, 'plugins: Failed to get metadata from plugin Failing: no name yet.'],
    [{ plugins: ['bad.mjs'] }, 'plugins: Invalid class name format: bad.mjs '],
    [{ plugin_config: { webhook: {} } }, 'plugin_config: webhook.url is missing.'],
    [{ plugin_config: { dqx_audit: { file: 'x' } } }, 'plugin_config: audit.file is no known key; known are log_to_file, audit_file.'],
    [{ plugin_config: { webhok: {} } }, 'plugin_config: there is no plugin webhok; there are audit, chat.'],
    [{ plugin_config: { broken_entry: {} } }, 'plugin_config: there is no plugin broken_entry; there are audit, chat.'],
    [{ plugin_config: { chat: {}, chat_entry: {} } }, 'plugin_config: there is no plugin chat_entry; there are audit, chat.'],
  ])('refuses %j', async (config, refusal) => {
    const error = await opened(config).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(`joblib.yaml: ${refusal}`);
    expect((error as Error).message).not.toContain('\n');
  });
});

describe('ServicePluginHost', () => {
  it('has nothing to offer before there is a server', async () => {
    const host = new ServicePluginHost();
    const submission = { room: 'lab', job: 'a:b:c', payload: {}, idempotencyKey: 'x' };
    await expect(host.submit(submission)).rejects.toThrow('The server is not there yet.');
    expect(() => host.metrics).toThrow('The server is not there yet.');
  });
});
