import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { sourceOf } from '../loading/plugin-source.js';
import { aContext } from '../testing/index.js';
import { serveThread } from './serve-thread.js';
import { copyContext } from './thread-messages.js';
import type { ThreadAnswer, ThreadCall } from './thread-messages.js';

const MODULE = `
  import { PluginMetadata } from '@joblib/plugins';
  export class Told {
    metadata() { return new PluginMetadata({ name: 'told', version: '1', author: 'us', description: '', capabilities: ['x'] }); }
    initialize({ bad }) { if (bad !== undefined) throw new RangeError(bad); }
    async process({ suiteName, signal, key }) {
      if (suiteName === 'text') throw 'a text';
      if (suiteName === 'key') throw new Error(key.lag(1).yyyy_mm_dd);
      if (suiteName === 'wait') await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
  }
  export class Bare {
    metadata() { return new Told().metadata(); }
    process() {}
  }
`;

describe('serveThread', () => {
  let folder: string;
  let port: MessagePort;
  let farPort: MessagePort;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'joblib-thread-'));
    writeFileSync(join(folder, 'told.mjs'), MODULE);
    ({ port1: port, port2: farPort } = new MessageChannel());
  });
  afterEach(() => {
    port.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function nextAnswer(): Promise<ThreadAnswer> {
    return new Promise((resolve) => port.once('message', resolve));
  }

  async function served(exportName: string): Promise<ThreadAnswer> {
    const answer = nextAnswer();
    await serveThread({ source: sourceOf(`${join(folder, 'told.mjs')}#${exportName}`, import.meta.url), port: farPort });
    return answer;
  }

  function ask(call: ThreadCall): Promise<ThreadAnswer> {
    const answer = nextAnswer();
    port.postMessage(call);
    return answer;
  }

  const processCall = (suiteName: string): ThreadCall => ({ kind: 'process', context: copyContext(aContext({ suiteName })) });

  it('says what the plugin is, then answers each call', async () => {
    const metadata = { name: 'told', version: '1', author: 'us', description: '', capabilities: ['x'] };
    expect(await served('Told')).toEqual({ kind: 'ready', metadata, accepts: 'reports' });
    expect(await ask({ kind: 'initialize', config: {} })).toEqual({ kind: 'done' });
    expect(await ask({ kind: 'initialize', config: { bad: 'no token' } })).toMatchObject({ error: { message: 'no token' } });
    expect(await ask(processCall('anything'))).toEqual({ kind: 'done' });
    expect(await ask(processCall('text'))).toEqual({ kind: 'failed', error: { message: 'a text', stack: undefined } });
    expect(await ask(processCall('key'))).toMatchObject({ error: { message: '2026-01-30', stack: expect.stringContaining('told.mjs') } });
  });

  it('does not need a plugin to have initialize', async () => {
    await served('Bare');
    expect(await ask({ kind: 'initialize', config: {} })).toEqual({ kind: 'done' });
  });

  it('aborts the call that runs, and answers only the call', async () => {
    await served('Told');
    const answer = ask(processCall('wait'));
    port.postMessage({ kind: 'abort', reason: 'the server stops' } satisfies ThreadCall);
    expect(await answer).toMatchObject({ kind: 'failed', error: { message: 'the server stops' } });
    expect(await ask(processCall('anything'))).toEqual({ kind: 'done' });
  });

  it('says why the plugin is refused', async () => {
    const message = `Module ${join(folder, 'told.mjs')} has no class Gone`;
    expect(await served('Gone')).toEqual({ kind: 'refused', message, cause: { message, stack: expect.any(String) } });
    farPort.close();
  });
});
