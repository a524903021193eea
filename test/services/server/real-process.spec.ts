import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceView } from '@joblib/contract';
import { ProcessService, Supervisor } from '@joblib/plugins/services';
import { RecordingLogger } from '@joblib/plugins/testing';

import { FakeServices } from '../../support/fake-services.js';
import { until } from '../../support/until.js';
import { JOB, ServiceStage } from './service-stage.js';
import type { ServiceServer } from './service-stage.js';

const PROGRAM = `console.log('ready ' + process.pid); setInterval(() => {}, 1000);`;

describe('a program that a server runs', () => {
  const stage = new ServiceStage();
  const logger = new RecordingLogger();
  let folder: string;
  let supervisor: Supervisor;
  let scene: ServiceServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'joblib-services-'));
    const command = [process.execPath, '-e', PROGRAM];
    const plugin = new ProcessService({ name: 'worker', command, ready: { log: 'ready' } }, { recordsFolder: folder, logger });
    supervisor = new Supervisor([{ plugin, kind: 'process', jobs: [JOB] }], { logger });
    scene = await stage.withSupervisor(supervisor, new FakeServices({}));
  });
  afterAll(async () => {
    await supervisor[Symbol.asyncDispose]();
    await stage.clear();
    await rm(folder, { recursive: true, force: true });
  });

  const becomes = async (facts: Partial<ServiceView>): Promise<void> => {
    const wanted = JSON.stringify(Object.entries(facts));
    await until(`the service becomes ${wanted}`, async () => {
      const service = await scene.service('worker');
      return JSON.stringify(Object.keys(facts).map((key) => [key, service?.[key as keyof ServiceView]])) === wanted;
    });
  };
  const pids = (): number[] => logger.lines.flatMap((line) => (/ready (\d+)$/.exec(line)?.[1] ?? []) as string[]).map(Number);
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('is started, comes back when it is killed, and is stopped; tasks wait meanwhile', async () => {
    const { worker_id: workerId } = (await scene.root.register(JOB)).body;
    const { id } = (await scene.root.submit('lab', JOB)).body;
    expect((await scene.ask('worker', 'start')).body).toMatchObject({ kind: 'process', state: 'starting' });
    await becomes({ state: 'running', health: 'healthy', restarts: 0 });
    const [pid = 0] = pids();
    process.kill(pid, 'SIGKILL');
    await until('it is noticed', async () => (await scene.service('worker'))?.state !== 'running');
    expect((await scene.root.claim(workerId)).body.task).toBeNull();
    await becomes({ state: 'running', health: 'healthy', restarts: 1 });
    expect((await scene.service('worker'))?.last_error).toBe('Service worker ended by SIGKILL');
    expect((await scene.root.claim(workerId)).body.task?.id).toBe(id);
    expect((await scene.ask('worker', 'stop')).body.state).toBe('stopping');
    await becomes({ state: 'stopped', health: 'unknown', started_at: null });
    expect([pids().length, pids().map(isAlive)]).toEqual([2, [false, false]]);
  });
});
