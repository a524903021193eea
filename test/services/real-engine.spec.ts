import { afterEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';

import { ContainerService, Supervisor } from '@joblib/plugins/services';
import type { ServiceOutput } from '@joblib/plugins/services';
import { RecordingLogger } from '@joblib/plugins/testing';

import { freePort } from './process-scene.js';

const env = process.env;
/** What a machine is likely to have, or may get. */
const IMAGE = env['JOBLIB_TEST_CONTAINER_IMAGE'] ?? 'docker.io/library/redis:7-alpine';
const socketPath = await findEngine();

/** The socket of the first engine that answers. */
async function findEngine(): Promise<string | null> {
  const named = /^unix:\/\/(.+)$/.exec(env['DOCKER_HOST'] ?? '')?.[1];
  const usual = ['/var/run/docker.sock', join(env['XDG_RUNTIME_DIR'] ?? '/run/user/0', 'podman/podman.sock'), '/run/podman/podman.sock'];
  for (const path of named === undefined ? usual : [named]) if (existsSync(path) && (await answers(path))) return path;
  return null;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ socketPath: path, path: '/_ping', timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.end();
  });
}

describe(`a container on an engine of this machine${socketPath === null ? ' (not here: no container engine answers)' : ''}`, () => {
  const withEngine = socketPath === null ? it.skip : it;
  let supervisor: Supervisor | null = null;

  afterEach(async () => {
    await supervisor?.[Symbol.asyncDispose]();
  });

  withEngine(
    'is fetched, gets ready, writes to the log, and is gone after the stop',
    async () => {
      const port = await freePort();
      const output: ServiceOutput[] = [];
      const logger = new RecordingLogger();
      const config = { name: 'cache', image: IMAGE, ports: [`${port}:6379`], ready: { port } };
      const plugin = new ContainerService(config, { socketPath: socketPath as string, logger, onOutput: (line) => output.push(line) });
      supervisor = new Supervisor([{ plugin, policy: { startTimeoutSeconds: 240, maxRetries: 0 } }], { logger });
      await supervisor.start('cache');
      expect(supervisor.status('cache')).toMatchObject({ state: 'running', health: 'healthy' });
      expect(output.map(({ line }) => line).join('\n')).toContain('Ready to accept connections');
      await supervisor.stop('cache');
      expect(supervisor.status('cache').state).toBe('stopped');
    },
    300_000,
  );
});
