import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { UUID7, expectJson, expectProblem, taskView } from './expectations.js';
import { NOBODY, ROTATE, Scene, bodyOf } from './scene.js';

describe('workers', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());
  beforeEach(() => scene.empty());

  it('are created with a time-ordered id and the present time', async () => {
    const answer = await scene.ann.createWorker();
    expectJson(answer, 201, { id: expect.stringMatching(UUID7), last_heartbeat: scene.time });
    expect((await scene.ann.createWorker()).body.id > answer.body.id).toBe(true);
  });

  it('are listed newest first, those of all users, with the count of their jobs', async () => {
    const [first, second] = [await scene.aWorker(), await scene.aWorker(scene.eve)];
    await scene.aJob(ROTATE, { workerId: first });
    await scene.aJob('attic:analysis:Other', { workerId: first });
    expectJson(await scene.sue.call('GET', '/workers'), 200, {
      items: [
        { id: second, last_heartbeat: scene.time, job_count: 0 },
        { id: first, last_heartbeat: scene.time, job_count: 2 },
      ],
      total: 2,
      limit: 50,
      offset: 0,
    });
  });

  it('are listed for a room when they serve a job that the room can use', async () => {
    const ofLab = (await scene.aJob(ROTATE)).worker_id;
    const ofAttic = (await scene.aJob('attic:modifiers:Rotate')).worker_id;
    const ofAll = (await scene.aJob('@global:modifiers:Rotate')).worker_id;
    await scene.aWorker();
    const idsFor = async (room: string) => {
      const page = bodyOf(200, await scene.sue.call<{ items: { id: string }[] }>('GET', `/rooms/${room}/workers`));
      return page.items.map(({ id }) => id);
    };
    expect(await idsFor('lab')).toEqual([ofAll, ofLab]);
    expect(await idsFor('attic')).toEqual([ofAll, ofAttic]);
    expect(await idsFor('@global')).toEqual([ofAll]);
    expect(await idsFor('@internal')).toEqual([]);
    expectProblem(await scene.sue.call('GET', '/rooms/a:b/workers'), 'InvalidRoomId');
  });

  it('beat: the answer carries the time just set', async () => {
    const id = await scene.aWorker();
    scene.server.clock.advance(7);
    expectJson(await scene.ann.heartbeat(id), 200, { id, last_heartbeat: scene.time });
    expectJson(await scene.ann.heartbeat(id.toUpperCase()), 200, { id, last_heartbeat: scene.time });
  });

  it('neither beat nor go for somebody else, and an unknown one is not there', async () => {
    const id = await scene.aWorker();
    const before = await scene.contents();
    expectProblem(await scene.eve.heartbeat(id), 'Forbidden');
    expectProblem(await scene.root.heartbeat(id), 'Forbidden');
    expectProblem(await scene.eve.removeWorker(id), 'Forbidden');
    for (const unknown of [NOBODY, 'none', 'eve', '%00', id.slice(1)]) {
      expectProblem(await scene.ann.heartbeat(unknown), 'WorkerNotFound');
      expectProblem(await scene.root.removeWorker(unknown), 'WorkerNotFound');
    }
    expect(await scene.contents()).toEqual(before);
  });

  it("are all meant by their user's id", async () => {
    const workers = [await scene.aWorker(), await scene.aWorker()];
    const other = await scene.aWorker(scene.eve);
    scene.server.clock.advance(5);
    expectJson(await scene.ann.heartbeat('ann'), 200, { id: 'ann', last_heartbeat: scene.time });
    const beats = bodyOf(200, await scene.sue.call<{ items: { id: string; last_heartbeat: string }[] }>('GET', '/workers'));
    expect(
      beats.items
        .filter((worker) => worker.last_heartbeat === scene.time)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(workers);
    expect((await scene.ann.removeWorker('ann')).status).toBe(204);
    expectJson(await scene.sue.call('GET', '/workers'), 200, {
      items: [{ id: other, last_heartbeat: expect.any(String), job_count: 0 }],
      total: 1,
      limit: 50,
      offset: 0,
    });
    expectProblem(await scene.ann.heartbeat('ann'), 'WorkerNotFound');
    expectProblem(await scene.ann.removeWorker('ann'), 'WorkerNotFound');
  });

  it('go without a word, once', async () => {
    const id = await scene.aWorker();
    const answer = await scene.ann.removeWorker(id);
    expect([answer.status, answer.body]).toEqual([204, null]);
    expectProblem(await scene.ann.removeWorker(id), 'WorkerNotFound');
  });

  it('may be sent away by a superuser', async () => {
    const id = await scene.aWorker();
    expect((await scene.root.removeWorker(id)).status).toBe(204);
  });

  it('leave failed tasks behind, and pending ones alone', async () => {
    const { worker_id } = await scene.aJob();
    const [claimed, running] = [await scene.aClaimedTask(), await scene.aRunningTask()];
    const pending = await scene.aTask();
    scene.server.clock.advance(3);
    scene.server.events.clear();
    await scene.ann.removeWorker(worker_id);
    for (const task of [claimed, running]) {
      const failed = { ...task, status: 'failed', error: 'Worker disconnected', completed_at: scene.time };
      expectJson(await scene.sue.task(task.id), 200, failed);
    }
    expectJson(await scene.sue.task(pending.id), 200, taskView({ id: pending.id, created_at: pending.created_at }));
    const told = scene.server.events.payloadsOf('task_status_event').map(({ id, status }) => [id, status]);
    expect(told.sort()).toEqual(
      [
        [claimed.id, 'failed'],
        [running.id, 'failed'],
      ].sort(),
    );
    expect(scene.server.events.events.filter(({ name }) => name === 'jobs_invalidate')).toEqual([
      { name: 'jobs_invalidate', room: 'room:lab', payload: {} },
    ]);
  });

  it('take a job along that nobody else serves or awaits', async () => {
    const { worker_id } = await scene.aJob();
    await scene.ann.removeWorker(worker_id);
    expectProblem(await scene.sue.call('GET', `/rooms/lab/jobs/${ROTATE}`), 'JobNotFound');
    const second = await scene.aJob();
    await scene.aTask();
    await scene.ann.removeWorker(second.worker_id);
    expect((await scene.sue.call('GET', `/rooms/lab/jobs/${ROTATE}`)).status).toBe(200);
  });
});
