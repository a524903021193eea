import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { INTERNAL_REGISTRY, SESSION_MAKER } from '@joblib/nestjs';
import type { SessionMaker } from '@joblib/nestjs';

import { UnitOfWork } from '../../../libs/nestjs/src/persistence/index.js';
import { claimsHeld, until } from '../../support/until.js';
import { GATE, JOB, ServiceStage } from './service-stage.js';
import type { ServiceServer } from './service-stage.js';

const OTHER_JOB = '@global:modifiers:Scale';

const stage = new ServiceStage();
afterEach(async () => {
  jest.restoreAllMocks();
  await stage.clear();
});

/** A worker of the jobs, with a pending task of each. */
async function work(scene: ServiceServer, ...jobs: string[]): Promise<{ workerId: string; taskIds: string[] }> {
  const workerId = (await scene.root.createWorker()).body.id;
  const taskIds: string[] = [];
  for (const job of jobs) {
    await scene.root.register(job, { workerId });
    taskIds.push((await scene.root.submit('lab', job)).body.id);
  }
  return { workerId, taskIds };
}

const claimed = async ({ root }: ServiceServer, workerId: string): Promise<string | null> =>
  (await root.claim(workerId)).body.task?.id ?? null;
const offered = ({ server }: ServiceServer): string[] => server.events.payloadsOf('task_available').map(({ task_id: id }) => id);

describe('tasks of a job that a service names', () => {
  it('are handed out while it runs and is healthy, and wait otherwise', async () => {
    const scene = await stage.server({ web: GATE });
    const { workerId, taskIds } = await work(scene, JOB);
    const [first] = taskIds;
    expect(await claimed(scene, workerId)).toBeNull();
    await scene.start('web');
    expect(await claimed(scene, workerId)).toBe(first);
    const { id: second } = (await scene.root.submit('lab', JOB)).body;
    for (const health of ['unhealthy', 'unknown'] as const) {
      await scene.fakes.feel('web', health);
      expect(await claimed(scene, workerId)).toBeNull();
    }
    await scene.fakes.feel('web', 'healthy');
    expect(await claimed(scene, workerId)).toBe(second);
    const { id: third } = (await scene.root.submit('lab', JOB)).body;
    await scene.ask('web', 'stop');
    expect(await claimed(scene, workerId)).toBeNull();
    await scene.settled();
    expect(await claimed(scene, workerId)).toBeNull();
    await scene.start('web');
    expect(await claimed(scene, workerId)).toBe(third);
  });

  it('are not handed out from the moment on that it is not well, though nobody could be told', async () => {
    const scene = await stage.server({ web: GATE });
    await scene.start('web');
    const { workerId, taskIds } = await work(scene, JOB);
    const told = jest.spyOn(scene.server.app.get(UnitOfWork), 'run').mockImplementation(() => new Promise(() => undefined));
    await scene.fakes.feel('web', 'unhealthy');
    expect(await claimed(scene, workerId)).toBeNull();
    expect(await scene.rows()).toMatchObject([{ health: 'healthy' }]);
    await scene.fakes.feel('web', 'healthy');
    expect(await claimed(scene, workerId)).toBe(taskIds[0]);
    expect(told).toHaveBeenCalled();
    told.mockRestore();
  });

  it('leave those of other jobs of the same worker alone', async () => {
    const scene = await stage.server({ web: GATE, db: {} });
    const { workerId, taskIds } = await work(scene, JOB, OTHER_JOB);
    expect([await claimed(scene, workerId), await claimed(scene, workerId)]).toEqual([taskIds[1], null]);
  });

  it('wait for every service that names it', async () => {
    const scene = await stage.server({ web: GATE, gpu: GATE });
    const { workerId, taskIds } = await work(scene, JOB);
    await scene.start('web');
    expect([await claimed(scene, workerId), offered(scene)]).toEqual([null, taskIds]);
    await scene.start('gpu');
    expect(await claimed(scene, workerId)).toBe(taskIds[0]);
  });

  it('answer a claim that is held as soon as it is well', async () => {
    const scene = await stage.server({ web: GATE });
    const { workerId, taskIds } = await work(scene, JOB);
    const held = scene.root.claim(workerId, {}, { prefer: 'wait=60' });
    await claimsHeld(scene.server, 1);
    await scene.start('web');
    expect((await held).body.task?.id).toBe(taskIds[0]);
  });

  it('are offered once it is well: the oldest of each open job, to nobody else and not again', async () => {
    const names = { jobs: [JOB, OTHER_JOB, 'no name', '@global:modifiers:Unknown', '@internal:modifiers:Index'] };
    const scene = await stage.server({ web: names, gpu: { jobs: [OTHER_JOB] } });
    const { taskIds } = await work(scene, JOB, OTHER_JOB);
    await scene.root.submit('lab', JOB);
    scene.server.events.clear();
    await scene.start('web');
    expect(offered(scene)).toEqual([taskIds[0]]);
    await scene.start('gpu');
    expect(offered(scene)).toEqual(taskIds);
    await scene.look();
    expect(offered(scene)).toEqual(taskIds);
    await scene.fakes.feel('web', 'unhealthy');
    await scene.fakes.feel('web', 'healthy');
    await scene.look();
    expect(offered(scene).slice(2).sort()).toEqual(taskIds.toSorted());
  });

  it('are offered later when the database was away, and not when it is not well any more', async () => {
    const scene = await stage.server({ web: GATE });
    const { taskIds } = await work(scene, JOB);
    scene.server.events.clear();
    const sessions = scene.server.app.get<SessionMaker>(SESSION_MAKER, { strict: false });
    const outage = (): (() => void) => {
      const refusal = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      const away = jest.spyOn(sessions, 'transaction').mockRejectedValue(refusal);
      return () => away.mockRestore();
    };
    const endFirst = outage();
    await scene.start('web');
    await scene.fakes.feel('web', 'unhealthy');
    endFirst();
    await scene.look();
    expect(offered(scene)).toEqual([]);
    const endSecond = outage();
    await scene.fakes.feel('web', 'healthy');
    await scene.look();
    expect(offered(scene)).toEqual([]);
    endSecond();
    await scene.look();
    expect(offered(scene)).toEqual(taskIds);
  });

  it('are run by the servers themselves only while it is well, @internal ones', async () => {
    const runs: string[] = [];
    const job = '@internal:modifiers:Index';
    const registry = { jobs: new Map([[job, { run: () => Promise.resolve(runs.push('run')) }]]), providers: new Map() };
    const overrides = [{ provide: INTERNAL_REGISTRY, useValue: registry }];
    const scene = await stage.server({ web: { jobs: [job] } }, { overrides });
    const { id } = (await scene.root.submit('lab', job)).body;
    await claimsHeld(scene.server, 1);
    expect((await scene.root.task(id)).body.status).toBe('pending');
    await scene.start('web');
    await until('it has run', async () => (await scene.root.task(id)).body.status === 'completed');
    expect(runs).toEqual(['run']);
  });
});
