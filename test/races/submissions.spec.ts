import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TaskView } from '@joblib/contract';

import { emptyTables } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import type { Answer } from '../support/joblib-user.js';
import { race } from '../support/race.js';

const JOB = 'lab:modifiers:Rotate';
const GAPS = [-4, -2, -1, 0, 0, 0, 1, 2, 4];

let server: JoblibApp;
let alice: JoblibUser;

beforeAll(async () => {
  server = await startJoblib();
  alice = new JoblibUser(server.origin, 'alice');
});
afterAll(() => server.close());
beforeEach(async () => {
  await emptyTables(server.dataSource);
  server.events.clear();
  await alice.register(JOB);
});

function batch(payloads: readonly unknown[], key: string): Promise<Answer<{ items: TaskView[] }>> {
  return alice.call('POST', `/rooms/lab/tasks/${JOB}/batch`, { payloads }, { 'idempotency-key': key });
}

async function countTasks(): Promise<number> {
  return (await alice.tasks('lab', '?limit=0')).body.total;
}

describe('idempotent twins at once', () => {
  it('are one task, whichever comes first', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const send = (): Promise<Answer<TaskView>> => alice.submit('lab', JOB, { index }, { 'idempotency-key': `twin ${index}` });
      const [one, two] = await race(gap, send, send);
      expect([one.status, two.status].sort()).toEqual([200, 202]);
      expect(one.body).toEqual(two.body);
      expect(await countTasks()).toBe(index + 1);
    }
    const announced = server.events.payloadsOf('task_available').map(({ task_id }) => task_id);
    expect(announced).toHaveLength(GAPS.length);
    expect(new Set(announced).size).toBe(GAPS.length);
  });

  it('are one task when there are twenty of them', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => alice.submit('lab', JOB, {}, { 'idempotency-key': 'many' })));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await countTasks()).toBe(1);
  });

  it('with different payloads are one task and one refusal', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const send = (angle: number) => (): Promise<Answer<TaskView>> =>
        alice.submit('lab', JOB, { angle }, { 'idempotency-key': `differ ${index}` });
      const answers = await race(gap, send(1), send(2));
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 422]);
      expect(await countTasks()).toBe(index + 1);
    }
  });

  it('are one batch when they are batches', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const send = (): Promise<Answer<{ items: TaskView[] }>> => batch([{ index }, { index }, { index }], `batch ${index}`);
      const [one, two] = await race(gap, send, send);
      expect([one.status, two.status].sort()).toEqual([200, 202]);
      expect(one.body).toEqual(two.body);
      expect(await countTasks()).toBe(3 * (index + 1));
    }
  });

  it('are two submissions when one is a batch of the same payload: the second is refused', async () => {
    for (const [index, gap] of GAPS.entries()) {
      const key = `mixed ${index}`;
      const answers = await race(
        gap,
        () => batch([{}], key),
        () => alice.submit('lab', JOB, {}, { 'idempotency-key': key }),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 422]);
      expect(await countTasks()).toBe(index + 1);
    }
  });

  it('of different users are two tasks', async () => {
    const bob = new JoblibUser(server.origin, 'bob');
    const [one, two] = await Promise.all([alice, bob].map((user) => user.submit('lab', JOB, {}, { 'idempotency-key': 'same' })));
    expect([one?.status, two?.status]).toEqual([202, 202]);
    expect(one?.body.id).not.toBe(two?.body.id);
  });
});

describe('many submissions at once', () => {
  it('stand in the queue one behind the other, in the order of their ids', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => alice.submit('lab', JOB, { n })));
    const inQueue = answers.map(({ body }) => body).sort((left, right) => (left.id < right.id ? -1 : 1));
    expect(inQueue.map(({ queue_position }) => queue_position)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  it('keep the order in which a client was answered', async () => {
    const ids: string[] = [];
    const others = Array.from({ length: 5 }, async () => {
      for (let sent = 0; sent < 20; sent += 1) await alice.submit('lab', JOB);
    });
    for (let sent = 0; sent < 20; sent += 1) ids.push((await alice.submit('lab', JOB)).body.id);
    await Promise.all(others);
    expect(ids).toEqual([...ids].sort());
  });
});
