import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PluginTimeLimitError } from '@joblib/plugins';
import type { PluginExecutionContext } from '@joblib/plugins';
import { RecordingPlugin, aContext } from '@joblib/plugins/testing';

import { ManagerScene, aPlugin } from './manager-scene.js';

let scene: ManagerScene;

beforeEach(() => {
  scene = new ManagerScene();
});
afterEach(() => {
  jest.useRealTimers();
  return scene.close();
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
    const manager = await scene.openWith({}, aPlugin('slow', { process }));
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
    const manager = await scene.openWith({ timeLimitMs: 10 }, aPlugin('slow', { initialize: stuck }), last);
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
    const manager = await scene.openWith(
      { timeLimitMs: 10 },
      aPlugin('slow', { process: () => new Promise<void>((done) => finish.push(done)) }),
    );
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
    const manager = await scene.openWith(
      { timeLimitMs: 10 },
      aPlugin('slow', { process: () => new Promise<void>((done) => finish.push(done)) }),
    );
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
