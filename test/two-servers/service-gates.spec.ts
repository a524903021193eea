import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { UnitOfWork } from '../../libs/nestjs/src/persistence/index.js';
import { GATE, JOB, ServiceStage } from '../services/server/service-stage.js';
import { claimsHeld, until } from '../support/until.js';
import { DEAD_SECONDS, aTask, awake, claimed, deaf, listed } from './services-scene.js';

const stage = new ServiceStage();
afterEach(async () => {
  jest.restoreAllMocks();
  await stage.clear();
});

describe('tasks that a service of another server is needed for', () => {
  it('wait on every server until it is well, and are handed out at once then', async () => {
    const shared = await awake(stage);
    const owner = await stage.server({ web: GATE }, shared);
    const bare = await stage.server(null, shared);
    const { workerId, taskId } = await aTask(bare);
    expect(await claimed(bare, workerId)).toBeNull();
    const held = bare.root.claim(workerId, {}, { prefer: 'wait=60' });
    await claimsHeld(bare.server, 1);
    await owner.start('web');
    expect((await held).body.task?.id).toBe(taskId);
    const { id } = (await bare.root.submit('lab', JOB)).body;
    await owner.fakes.feel('web', 'unhealthy');
    await owner.look();
    await until('the other has heard', async () => (await bare.look(), (await bare.service('web'))?.health === 'unhealthy'));
    expect(await claimed(bare, workerId)).toBeNull();
    expect((await owner.root.task(id)).body.status).toBe('pending');
  });

  it('wait also before their server has looked for the first time', async () => {
    const shared = await deaf(stage);
    await stage.server({ web: GATE }, shared);
    const run = jest.spyOn(UnitOfWork.prototype, 'run').mockRejectedValueOnce(new Error('away'));
    const bare = await stage.server(null, shared);
    run.mockRestore();
    const { workerId } = await aTask(bare);
    expect(await claimed(bare, workerId)).toBeNull();
  });

  it('are handed out while one server has it well, and are offered by the one where it became well', async () => {
    const shared = await awake(stage);
    const [one, other] = [await stage.server({ web: GATE }, shared), await stage.server({ web: GATE }, shared)];
    const { workerId, taskId } = await aTask(one);
    for (const { server } of [one, other]) server.events.clear();
    await other.start('web');
    await one.look();
    expect([one, other].map(({ server }) => server.events.payloadsOf('task_available').length)).toEqual([0, 1]);
    expect(await claimed(one, workerId)).toBe(taskId);
  });

  it('wait while the server that had it is gone, with its goodbye or without', async () => {
    const shared = await awake(stage);
    const owner = await stage.server({ web: GATE }, shared);
    const bare = await stage.server(null, shared);
    await owner.start('web');
    await owner.fakes.supervisor[Symbol.asyncDispose]();
    await owner.server.close();
    await bare.look();
    const { workerId, taskId } = await aTask(bare);
    expect([await claimed(bare, workerId), await listed(bare)]).toEqual([null, ['web stopped unknown']]);
    shared.clock.advance(DEAD_SECONDS + 1);
    await bare.look();
    expect([await claimed(bare, workerId), await listed(bare)]).toEqual([null, ['web stopped unknown']]);
    // It comes back, as another server on the same machine.
    const again = await stage.server({ web: GATE }, shared);
    expect(await listed(bare)).toEqual(['web initialized unknown']);
    await again.start('web');
    await bare.look();
    expect(await claimed(bare, workerId)).toBe(taskId);
  });
});
