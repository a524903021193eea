import { describe, expect, it } from '@jest/globals';

import type { PluginExecutionContext } from '../context/plugin-execution-context.js';
import { PluginMetadata } from '../plugin-metadata.js';
import type { PostProcessor } from '../post-processor.js';
import { RecordingPlugin } from '../testing/index.js';
import type { PluginManager } from './plugin-manager.js';

class Usual implements PostProcessor {
  readonly accepts = 'tasks';
  metadata(): PluginMetadata {
    return new PluginMetadata({ name: 'usual', version: '1', author: 'us', description: '' });
  }
  async process(context: PluginExecutionContext): Promise<void> {
    context.signal.throwIfAborted();
  }
}

class WithStaticMetadata {
  static metadata(): PluginMetadata {
    return new Usual().metadata();
  }
  process(): void {}
}

class WithoutProcess {
  metadata(): PluginMetadata {
    return new Usual().metadata();
  }
}

/** Never called: the compiler reads it. */
async function typed(manager: PluginManager): Promise<void> {
  const nothing: void = await manager.registerPlugin('./slack.mjs#SlackPlugin');
  await manager.registerPlugin(new Usual());
  await manager.registerPlugin(new WithStaticMetadata());
  await manager.registerPlugin('./slack.mjs#SlackPlugin', new Usual(), 'chat/plugins#ChatPlugin', new WithStaticMetadata());
  await manager.registerPlugin({ metadata: () => new Usual().metadata(), process: () => undefined, initialize: async () => undefined });
  const some: readonly [string | PostProcessor, ...string[]] = ['x#X'];
  await manager.registerPlugin(...some);

  // @ts-expect-error nothing is given
  await manager.registerPlugin();
  // @ts-expect-error a number
  await manager.registerPlugin(42);
  // @ts-expect-error null
  await manager.registerPlugin(null);
  // @ts-expect-error a list instead of arguments
  await manager.registerPlugin(['x#X', 'y#Y']);
  // @ts-expect-error the class instead of an instance
  await manager.registerPlugin(Usual);
  // @ts-expect-error no process
  await manager.registerPlugin(new WithoutProcess());
  // @ts-expect-error its metadata are not metadata
  await manager.registerPlugin({ metadata: () => ({ name: 'x' }), process: () => undefined });
  // @ts-expect-error process takes something else
  await manager.registerPlugin({ metadata: () => new Usual().metadata(), process: (_results: string) => undefined });
  // @ts-expect-error accepts something else
  await manager.registerPlugin({ metadata: () => new Usual().metadata(), process: () => undefined, accepts: 'all' });
  // @ts-expect-error the second is no plugin
  await manager.registerPlugin('x#X', 42);
  // @ts-expect-error the third has no process
  await manager.registerPlugin(new Usual(), 'x#X', new WithoutProcess());

  // @ts-expect-error the registry is not changed by what it answers
  manager.getPlugins().clear();
  return nothing;
}

describe('registerPlugin', () => {
  it('takes what is a plugin and nothing else: the compiler has read what is above', () => {
    expect(typed).toBeInstanceOf(Function);
    expect([new WithStaticMetadata().process(), new Usual().accepts, new WithoutProcess().metadata().name]).toEqual([
      undefined,
      'tasks',
      'usual',
    ]);
  });
});

describe('RecordingPlugin', () => {
  it('is a plugin', () => {
    const plugin: PostProcessor = new RecordingPlugin();
    expect(plugin.metadata().name).toBe('recording');
  });
});
