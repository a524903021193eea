import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import type { ContainerInfo } from 'dockerode';

import { ContainerService, Supervisor } from '@joblib/plugins/services';
import type { ContainerServiceConfig, ServiceOutput, ServiceStatus } from '@joblib/plugins/services';
import { RecordingLogger } from '@joblib/plugins/testing';

import { until } from '../support/until.js';
import { findEngine } from './container-engine.js';
import { freePort } from './process-scene.js';

/** A Redis on port 6379: what a machine is likely to have, or may get. */
const IMAGE = process.env['JOBLIB_TEST_CONTAINER_IMAGE'] ?? 'docker.io/library/redis:7-alpine';
/** Whose images may be removed to see them fetched. */
const REGISTRY = '127.0.0.1:';
const isOfOwnRegistry = IMAGE.startsWith(REGISTRY);
const PATIENT = { startTimeoutSeconds: 240, stopTimeoutSeconds: 60, forceTimeoutSeconds: 60, healthTimeoutSeconds: 30, maxRetries: 0 };
const socketPath = await findEngine();

describe(`a container on an engine of this machine${socketPath === null ? ' (not here: no container engine answers)' : ''}`, () => {
  const withEngine = socketPath === null ? it.skip : it;
  const engine = new Docker({ socketPath: socketPath ?? '' });
  const output: ServiceOutput[] = [];
  const logger = new RecordingLogger();
  let folder: string;
  let owner: string;
  let config: ContainerServiceConfig;
  let supervisor: Supervisor | null = null;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'joblib-container-'));
    owner = folder;
    const port = await freePort();
    config = { name: 'cache', image: IMAGE, owner, ports: [`${port}:6379`], ready: { port } };
    output.length = 0;
    logger.lines.length = 0;
  });

  afterEach(async () => {
    await supervisor?.[Symbol.asyncDispose]();
    supervisor = null;
    if (socketPath !== null) expect(await containers()).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(changes: Partial<ContainerServiceConfig> = {}): Promise<void> {
    const options = { socketPath: socketPath as string, logger, onOutput: (line: ServiceOutput): void => void output.push(line) };
    const plugin = new ContainerService({ ...config, ...changes }, options);
    supervisor = new Supervisor([{ plugin, policy: PATIENT }], { logger });
    await supervisor.start('cache');
  }

  function status(): ServiceStatus {
    if (supervisor === null) throw new Error('Nothing was started.');
    return supervisor.status('cache');
  }

  /** Of these tests, running or not. */
  function containers(): Promise<ContainerInfo[]> {
    return engine.listContainers({ all: true, filters: { label: [`joblib.owner=${owner}`] } });
  }

  const lines = (): string => output.map(({ line }) => line).join('\n');

  withEngine('gets ready, writes to the log, and is gone after the stop', async () => {
    await start();
    expect(status()).toMatchObject({ state: 'running', health: 'healthy' });
    await until('its word', () => lines().includes('Ready to accept connections'));
    await supervisor?.stop('cache');
    expect(status().state).toBe('stopped');
    expect(await containers()).toEqual([]);
  });

  (isOfOwnRegistry ? withEngine : it.skip)(
    `is fetched by tag and by digest from a registry with a port${isOfOwnRegistry ? '' : ' (not here: the image is of no registry on 127.0.0.1)'}`,
    async () => {
      const startAnew = async (image: string): Promise<void> => {
        await engine.getImage(IMAGE).remove({ force: true });
        await start({ image });
        expect(status().state).toBe('running');
      };
      await startAnew(IMAGE);
      const { RepoDigests: digests } = await engine.getImage(IMAGE).inspect();
      await supervisor?.[Symbol.asyncDispose]();
      await startAnew(digests.find((digest) => digest.startsWith(REGISTRY)) ?? 'no digest');
      await supervisor?.[Symbol.asyncDispose]();
      await start();
    },
  );

  withEngine('is started again as a new one when it is killed', async () => {
    await start();
    const [first] = await containers();
    await engine.getContainer(first?.Id ?? '').kill();
    await until('a restart', () => status().restarts === 1 && status().state === 'running');
    const now = await containers();
    expect(now.map(({ Id }) => Id === first?.Id)).toEqual([false]);
  });

  withEngine('whose server was killed with -9 is ended by the next start, which needs its port', async () => {
    const program = join(process.cwd(), 'test/services/container-program.mjs');
    const server = spawn(process.execPath, [program, socketPath as string, JSON.stringify(config)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    server.stdout.on('data', (text: Buffer) => (told += text.toString()));
    await until('that it supervises', () => told.includes('supervising'));
    server.kill('SIGKILL');
    await once(server, 'exit');
    const [left] = await containers();
    expect(left?.State).toBe('running');
    await start();
    expect(logger.lines).toContain(`warn: Service cache: container ${left?.Id.slice(0, 12)} was left behind, and is removed.`);
    expect((await containers()).map(({ Id }) => Id === left?.Id)).toEqual([false]);
  });

  withEngine('has its command, its variables, its folder and its limit', async () => {
    const script = 'exec redis-server --save "" --dir /shared --appendonly yes --maxmemory "$LIMIT"';
    await start({ command: ['/bin/sh', '-c', script], env: { LIMIT: '7mb' }, mounts: [`${folder}:/shared`], memoryMb: 64 });
    await until('its file in the folder', () => readdirSync(folder).includes('appendonlydir'));
    await until('its word', () => lines().includes('Ready to accept connections'));
    const [container] = await containers();
    expect((await engine.getContainer(container?.Id ?? '').inspect()).HostConfig.Memory).toBe(64 * 1024 ** 2);
  });

  withEngine('of an image that nobody has fails with its name', async () => {
    await expect(start({ image: 'localhost/joblib-no-such-image:1' })).rejects.toThrow(
      /^Service cache failed to start: .*localhost\/joblib-no-such-image/,
    );
    expect(status().state).toBe('failed');
  });

  withEngine('that ends at once fails with its exit code', async () => {
    await expect(start({ command: ['/bin/sh', '-c', 'echo it is not my day; exit 3'] })).rejects.toThrow(/exit code 3/);
    await until('its last words', () => lines().includes('it is not my day'));
  });
});
