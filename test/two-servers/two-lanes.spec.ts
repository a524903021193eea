import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SESSION_MAKER } from '@joblib/nestjs';
import type { SessionMaker } from '@joblib/nestjs';

import { TaskStore } from '../../libs/nestjs/src/persistence/index.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { until } from '../support/until.js';

const JOB = 'lab:modifiers:Rotate';

let server: JoblibApp;
let worker: JoblibUser;
let workerId: string;
let taskId: string;

beforeEach(async () => {
  server = await startJoblib();
  worker = new JoblibUser(server.origin, 'worker');
  workerId = (await worker.register(JOB)).body.worker_id;
  taskId = (await worker.submit('lab', JOB)).body.id;
});
afterEach(async () => {
  jest.restoreAllMocks();
  await server.close();
});

function statuses(): string[] {
  return server.events.payloadsOf('task_status_event').flatMap(({ id, status }) => (id === taskId ? [status] : []));
}

describe('a report beside other changes of the same server', () => {
  it('is told before what came after it, also when its commit is answered later', async () => {
    await worker.claim(workerId);
    const sessions = server.app.get<SessionMaker>(SESSION_MAKER, { strict: false });
    const commit = sessions.transaction.bind(sessions);
    let committed = 0;
    let answer: () => void = () => undefined;
    jest.spyOn(sessions, 'transaction').mockImplementation(async (work) => {
      const outcome = await commit(work);
      committed += 1;
      if (committed === 1) await new Promise<void>((resolve) => (answer = resolve));
      return outcome;
    });
    const reported = worker.report(taskId, 'running');
    await until('the report is committed', () => committed === 1);
    const removed = worker.removeWorker(workerId);
    await until('the removal is committed', () => committed === 2);
    answer();
    expect((await reported).body).toMatchObject({ status: 'running' });
    expect((await removed).status).toBe(204);
    expect(statuses()).toEqual(['pending', 'claimed', 'running', 'failed']);
  });

  it('is done when what stood against it is over before the reason is looked for', async () => {
    const find = TaskStore.prototype.findById;
    const looked = jest.spyOn(TaskStore.prototype, 'findById').mockImplementationOnce(async function (this: TaskStore, ...look) {
      await worker.claim(workerId);
      return find.apply(this, look);
    });
    expect((await worker.report(taskId, 'running')).body).toMatchObject({ status: 'running', worker_id: workerId });
    expect(looked).toHaveBeenCalledTimes(1);
    expect(statuses()).toEqual(['pending', 'claimed', 'running']);
  });

  it('is refused in the end when the task moves to and fro all the while', async () => {
    const find = TaskStore.prototype.findById;
    const looked = jest.spyOn(TaskStore.prototype, 'findById').mockImplementation(async function (this: TaskStore, ...look) {
      const task = await find.apply(this, look);
      return task && { ...task, status: 'claimed', claimedById: 'worker' };
    });
    expect((await worker.report(taskId, 'running')).status).toBe(409);
    expect(looked.mock.calls.length).toBeGreaterThan(1);
    jest.restoreAllMocks();
    expect((await worker.task(taskId)).body).toMatchObject({ status: 'pending' });
  });
});
