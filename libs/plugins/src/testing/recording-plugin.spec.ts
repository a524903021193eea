import { describe, expect, it } from '@jest/globals';

import { RecordingLogger, RecordingPlugin, aContext } from './index.js';

describe('RecordingPlugin', () => {
  it('keeps contexts and configurations, and accepts tasks unless told otherwise', () => {
    const plugin = new RecordingPlugin();
    const context = aContext();
    plugin.initialize({ a: 1 });
    plugin.process(context);
    expect([plugin.configs, plugin.contexts[0] === context, plugin.accepts]).toEqual([[{ a: 1 }], true, 'tasks']);
    expect(new RecordingPlugin('x', 'reports').accepts).toBe('reports');
  });

  it('fails as often as it is told to, and records those calls too', () => {
    const plugin = new RecordingPlugin();
    plugin.failNext(new Error('sorry'), 2);
    expect(() => plugin.process(aContext())).toThrow('sorry');
    expect(() => plugin.process(aContext())).toThrow('sorry');
    plugin.process(aContext());
    plugin.failNext();
    expect(() => plugin.process(aContext())).toThrow('told to fail');
    expect(plugin.contexts).toHaveLength(4);
  });

  it('says when it has received enough', async () => {
    const plugin = new RecordingPlugin();
    const two = plugin.received(2);
    let isThere = false;
    void two.then(() => (isThere = true));
    plugin.process(aContext());
    await new Promise(setImmediate);
    expect(isThere).toBe(false);
    plugin.process(aContext({ suiteName: 'second' }));
    expect((await two).map(({ suiteName }) => suiteName)).toEqual(['suite', 'second']);
    expect(await plugin.received(1)).toHaveLength(2);
  });
});

describe('RecordingLogger', () => {
  it('keeps lines with their level', () => {
    const logger = new RecordingLogger();
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]('x');
    expect(logger.lines).toEqual(['debug: x', 'info: x', 'warn: x', 'error: x']);
  });
});
