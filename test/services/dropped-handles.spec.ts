import { describe, expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { ProcessService } from '@joblib/plugins/services';
import { RecordingLogger } from '@joblib/plugins/testing';

import { until } from '../support/until.js';
import { isRunning } from './process-scene.js';
import { IDLE_PROGRAM } from './programs.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a handle that nobody holds any more', () => {
  it('is noticed: what it stood for is ended, with a warning', async () => {
    const logger = new RecordingLogger();
    const service = new ProcessService({ name: 'program', command: IDLE_PROGRAM }, { logger });
    const pid = await startAndForget(service);
    expect(isRunning(pid)).toBe(true);
    await until('its end', () => {
      collectGarbage();
      return !isRunning(pid);
    });
    expect(logger.lines).toContain('warn: Service program: its handle was dropped while it was running. It is ended.');
    await service.cleanup();
  });

  it('is fine after a stop', async () => {
    const logger = new RecordingLogger();
    const service = new ProcessService({ name: 'program', command: IDLE_PROGRAM }, { logger });
    await startAndForget(service);
    await service.cleanup();
    for (let round = 0; round < 5; round += 1) {
      collectGarbage();
      await new Promise(setImmediate);
    }
    expect(logger.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
  });
});

async function startAndForget(service: ProcessService): Promise<number> {
  const { metadata } = await service.start(new AbortController().signal);
  return Number(metadata['pid']);
}
