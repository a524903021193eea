import { describe, expect, it } from '@jest/globals';

import { PluginRegistrationError } from '../plugin-registration-error.js';
import { RecordingLogger, RecordingPlugin, aContext } from '../testing/index.js';
import { PluginManager } from './plugin-manager.js';
import type { PluginManagerOptions } from './plugin-manager-options.js';

function aManager(options: PluginManagerOptions): PluginManager {
  return new PluginManager({ logger: new RecordingLogger(), discover: false, ...options });
}

describe('built-in plugins of a manager', () => {
  it('are there from the start, beside audit, and can be replaced and removed like others', async () => {
    const [first, second] = [new RecordingPlugin('first'), new RecordingPlugin('second')];
    const manager = aManager({ builtIn: [first, second], config: { second: { x: 1 } } });
    expect(manager.describePlugins().map(({ metadata, source }) => [metadata.name, source])).toEqual([
      ['audit', 'built-in'],
      ['first', 'built-in'],
      ['second', 'built-in'],
    ]);
    await manager.processAll(aContext());
    expect([first.configs, second.configs]).toEqual([[{}], [{ x: 1 }]]);
    await manager.registerPlugin(new RecordingPlugin('first'));
    manager.unregisterPlugin('second');
    expect(manager.describePlugins().map(({ source }) => source)).toEqual(['built-in', 'instance']);
  });

  it('have to be plugins', () => {
    expect(() => aManager({ builtIn: [{} as RecordingPlugin] })).toThrow(PluginRegistrationError);
  });

  it('count among those that a configuration may be for', () => {
    const config = { first: {}, dqx_audit: {}, frist: {}, other: {} };
    expect(aManager({ builtIn: [new RecordingPlugin('first')], config }).unusedConfigKeys()).toEqual(['frist', 'other']);
  });
});
