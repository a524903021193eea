import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Sweeper, WAKE_UPS } from '@joblib/nestjs';
import type { WakeUps } from '@joblib/nestjs';
import type { TaskView } from '@joblib/contract';

import { settledTopic } from '../../libs/nestjs/src/domain/topics.js';
import { TaskStore } from '../../libs/nestjs/src/persistence/index.js';
import { emptyTables } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { pollsHeld } from '../support/until.js';
import { openConnection, pollBytes } from './request-bytes.js';

const JOB = 'lab:modifiers:Rotate';
const WAIT = { prefer: 'wait=30' };

let server: JoblibApp;
let worker: JoblibUser;
let reader: JoblibUser;
let workerId: string;
let task: TaskView;

async function start(): Promise<void> {
  server = await startJoblib({ settings: { longPollMaxWaitSeconds: 20 } });
  [worker, reader] = [new JoblibUser(server.origin, 'worker'), new JoblibUser(server.origin, 'reader')];
}

beforeAll(start);
afterAll(() => server.close());
beforeEach(async () => {
  await emptyTables(server.dataSource);
  workerId = (await worker.register(JOB)).body.worker_id;
  task = (await reader.submit('lab', JOB)).body;
});

async function run(): Promise<void> {
  await worker.claim(workerId);
  await worker.report(task.id, 'running');
}

const ENDS: Readonly<Record<string, { status: string; end: () => Promise<unknown> }>> = {
  'a completion': { status: 'completed', end: () => worker.report(task.id, 'completed', { result: 1 }) },
  'a failure': { status: 'failed', end: () => worker.report(task.id, 'failed', { error: 'it broke' }) },
  'a cancellation': { status: 'cancelled', end: () => reader.report(task.id, 'cancelled') },
  'the end of its worker': { status: 'failed', end: () => worker.removeWorker(workerId) },
  'the sweeper': {
    status: 'failed',
    end: () => {
      server.clock.advance(61);
      return server.app.get(Sweeper).sweepOnce();
    },
  },
};

describe('a long poll', () => {
  it.each(Object.keys(ENDS))('is answered by the commit of %s, with the wait that was applied', async (name) => {
    await run();
    const looksForLost = jest.spyOn(server.app.get(TaskStore), 'findSettled');
    const polls = [reader.task(task.id, WAIT), worker.task(task.id, { prefer: 'wait=5' })];
    await pollsHeld(server, 2);
    looksForLost.mockClear();
    await ENDS[name]?.end();
    const [long, short] = await Promise.all(polls);
    expect([long?.body.status, short?.body.status]).toEqual([ENDS[name]?.status, ENDS[name]?.status]);
    expect([long?.headers.get('preference-applied'), short?.headers.get('preference-applied')]).toEqual(['wait=20', 'wait=5']);
    expect(long?.body).toEqual((await reader.task(task.id)).body);
    expect(looksForLost).not.toHaveBeenCalled();
    await pollsHeld(server, 0);
  });

  it('is not answered by what does not end the task', async () => {
    const poll = reader.task(task.id, WAIT);
    await pollsHeld(server, 1);
    await run();
    await worker.report(task.id, 'running', { progress: 0.5 });
    await pollsHeld(server, 1);
    await worker.report(task.id, 'completed');
    expect((await poll).body).toMatchObject({ status: 'completed', progress: 0.5 });
  });

  it.each(['completed', 'failed', 'cancelled'])('is not held when the task is %s', async (status) => {
    await run();
    await worker.report(task.id, status);
    const answer = await reader.task(task.id, WAIT);
    expect([answer.status, answer.body.status, answer.headers.get('preference-applied')]).toEqual([200, status, null]);
  });

  it.each(['wait=0', 'wait=soon', 'wait=-1', 'respond-async', 'wait='])('is not held with "%s"', async (prefer) => {
    const answer = await reader.task(task.id, { prefer });
    expect([answer.status, answer.body.status, answer.headers.get('preference-applied')]).toEqual([200, 'pending', null]);
  });

  it('shows the task as it is when the time has run out', async () => {
    const poll = reader.task(task.id, { prefer: 'wait=1' });
    await pollsHeld(server, 1);
    await worker.claim(workerId);
    const answer = await poll;
    expect([answer.status, answer.body.status, answer.headers.get('preference-applied')]).toEqual([200, 'claimed', 'wait=1']);
  });

  it('ends with 404 when the task is deleted', async () => {
    const poll = reader.task(task.id, WAIT);
    await pollsHeld(server, 1);
    await server.dataSource.query(`DELETE FROM joblib_task WHERE id = '${task.id}'`);
    server.app.get<WakeUps>(WAKE_UPS).notify(settledTopic(task.id));
    expect([(await poll).status, (await poll).body]).toMatchObject([404, { type: '/v1/problems/task-not-found' }]);
  });

  it('finds out by itself that the task ended elsewhere', async () => {
    await run();
    const poll = reader.task(task.id, WAIT);
    await pollsHeld(server, 1);
    await server.dataSource.query(`UPDATE joblib_task SET status = 'completed' WHERE id = '${task.id}'`);
    expect((await poll).body.status).toBe('completed');
  });

  it('is answered with the present state when the server stops', async () => {
    await worker.claim(workerId);
    const poll = reader.task(task.id, WAIT);
    await pollsHeld(server, 1);
    try {
      await server.close();
      const { status, body } = await poll;
      expect([status, body.status, body.worker_id]).toEqual([200, 'claimed', workerId]);
    } finally {
      await start();
    }
  });

  it('sees an end that comes while it begins', async () => {
    for (let round = 0; round < 100; round += 1) {
      const { body } = await reader.submit('lab', JOB);
      const [poll] = await Promise.all([reader.task(body.id, WAIT), reader.report(body.id, 'cancelled')]);
      expect(poll.body.status).toBe('cancelled');
    }
  });

  it('is let go when its client goes away', async () => {
    const client = await openConnection(server.origin);
    client.write(pollBytes('reader', task.id, WAIT));
    await pollsHeld(server, 1);
    client.destroy();
    await pollsHeld(server, 0);
    expect((await reader.task(task.id)).body).toEqual(task);
  });
});
