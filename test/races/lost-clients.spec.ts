import type { Socket } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EVENT_PUBLISHER } from '@joblib/nestjs';
import type { RoomEvent, TaskView } from '@joblib/contract';
import { RecordingEventPublisher } from '@joblib/nestjs/testing';

import { emptyTables } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';
import { lastingDatabase } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';
import { claimsHeld, until } from '../support/until.js';
import { turns } from '../support/race.js';
import { claimBytes, openConnection } from './request-bytes.js';

const JOB = 'lab:modifiers:Rotate';

/** Does something at the moment when a claim is committed and its answer not yet written. */
class Ambush extends RecordingEventPublisher {
  onClaimed: () => void = () => undefined;

  override async publish(events: readonly RoomEvent[]): Promise<void> {
    await super.publish(events);
    if (events.some(({ name, payload }) => name === 'task_status_event' && payload.status === 'claimed')) this.onClaimed();
  }
}

let ambush: Ambush;
let server: JoblibApp;
let database: TestDatabase;
let worker: JoblibUser;
let workerId: string;
let connections: Set<Socket>;

beforeAll(async () => {
  database = await lastingDatabase();
  await start();
});
afterAll(async () => {
  await server.close();
  await database.remove();
});
beforeEach(async () => {
  await emptyTables(server.dataSource);
  ambush.clear();
  ambush.onClaimed = () => undefined;
  workerId = (await worker.register(JOB)).body.worker_id;
});

async function start(): Promise<void> {
  ambush = new Ambush();
  server = await startJoblib({ database, overrides: [{ provide: EVENT_PUBLISHER, useValue: ambush }] });
  worker = new JoblibUser(server.origin, 'worker');
  connections = new Set();
  server.app.getHttpServer().on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
}

async function submitThree(): Promise<string[]> {
  const { body } = await worker.call<{ items: TaskView[] }>('POST', `/rooms/lab/tasks/${JOB}/batch`, {
    payloads: [{ n: 1 }, { n: 2 }, { n: 3 }],
  });
  return body.items.map(({ id }) => id);
}

/** A raw connection and the server's end of it. */
async function connection(): Promise<{ client: Socket; serverEnd: Socket }> {
  const before = new Set(connections);
  const client = await openConnection(server.origin);
  await until('the connection is accepted', () => [...connections].some((socket) => !before.has(socket)));
  const serverEnd = [...connections].find((socket) => !before.has(socket));
  if (serverEnd === undefined) throw new Error('The server has no end of the connection.');
  return { client, serverEnd };
}

function statusesOf(taskId: string): string[] {
  return ambush.payloadsOf('task_status_event').flatMap(({ id, status }) => (id === taskId ? [status] : []));
}

/** Everything is as if the lost claim had never been, and the tasks go out in their old order. */
async function expectUntouched(taskIds: readonly string[]): Promise<void> {
  for (const [index, id] of taskIds.entries()) {
    const { body } = await worker.task(id);
    expect(body).toMatchObject({ status: 'pending', attempt: 0, worker_id: null, queue_position: index + 1, started_at: null });
  }
  for (const id of taskIds) expect((await worker.claim(workerId)).body.task).toMatchObject({ id, attempt: 1, worker_id: workerId });
}

describe('a claim whose connection is gone when its answer is to be written', () => {
  it('is undone, and everybody is told', async () => {
    const [first = '', ...others] = await submitThree();
    const { client, serverEnd } = await connection();
    ambush.onClaimed = () => serverEnd.destroy();
    client.write(claimBytes('worker', { worker_id: workerId }));
    await until('the claim is undone', () => statusesOf(first).length === 3);
    ambush.onClaimed = () => undefined;
    expect(statusesOf(first)).toEqual(['pending', 'claimed', 'pending']);
    expect(ambush.payloadsOf('task_status_event').at(-1)).toMatchObject({ id: first, worker_id: null, queue_position: 1 });
    await expectUntouched([first, ...others]);
  });

  it('gives back all tasks of a claim of several', async () => {
    const tasks = await submitThree();
    const { client, serverEnd } = await connection();
    ambush.onClaimed = () => serverEnd.destroy();
    client.write(claimBytes('worker', { worker_id: workerId, max_tasks: 3 }));
    await until('the claim is undone', () => tasks.every((id) => statusesOf(id).length === 3));
    ambush.onClaimed = () => undefined;
    await expectUntouched(tasks);
  });

  it('wakes a held claim, which gets the task', async () => {
    const { client, serverEnd } = await connection();
    const [, , third = ''] = await submitThree();
    await worker.claim(workerId, { max_tasks: 2 });
    let held: ReturnType<JoblibUser['claim']> | undefined;
    ambush.onClaimed = () => {
      ambush.onClaimed = () => undefined;
      held = worker.claim(workerId, {}, { prefer: 'wait=20' });
      serverEnd.destroy();
    };
    client.write(claimBytes('worker', { worker_id: workerId }));
    await until('the ambush', () => held !== undefined);
    expect((await held)?.body.task).toMatchObject({ id: third, attempt: 1 });
  });

  it('is not undone when the worker went first: its task has failed already', async () => {
    const [first = ''] = await submitThree();
    const { client, serverEnd } = await connection();
    let removed: Promise<unknown> | undefined;
    ambush.onClaimed = () => {
      removed = worker.removeWorker(workerId).then(() => serverEnd.destroy());
    };
    client.write(claimBytes('worker', { worker_id: workerId }));
    await until('the worker is gone', () => removed !== undefined);
    await removed;
    expect((await worker.task(first)).body).toMatchObject({ status: 'failed', error: 'Worker disconnected', attempt: 1 });
  });
});

describe('a client that goes away', () => {
  it.each([0, 1, 20])('before its request is whole claims nothing (all but %s bytes unsent)', async (sent) => {
    const tasks = await submitThree();
    const { client } = await connection();
    const before = connections.size;
    client.write(claimBytes('worker', { worker_id: workerId }).slice(0, sent === 0 ? 0 : -sent));
    client.destroy();
    await until('the server sees that it is gone', () => connections.size < before);
    expect(tasks.map(statusesOf)).toEqual(tasks.map(() => ['pending']));
    await expectUntouched(tasks);
  });

  it('right after it sent its claim leaves the task where it was', async () => {
    const tasks = await submitThree();
    for (let round = 0; round < 20; round += 1) {
      const before = connections.size;
      const { client } = await connection();
      client.write(claimBytes('worker', { worker_id: workerId }));
      client.destroy();
      await until('the server sees that it is gone', () => connections.size <= before);
    }
    // A server that has stopped is done with every claim that it had read.
    await server.close();
    await start();
    await expectUntouched(tasks);
  });

  it('while its claim is held takes nothing, and the next who waits gets the task', async () => {
    const { client } = await connection();
    client.write(claimBytes('worker', { worker_id: workerId }, { prefer: 'wait=20' }));
    await claimsHeld(server, 1);
    const next = worker.claim(workerId, {}, { prefer: 'wait=20' });
    await claimsHeld(server, 2);
    client.destroy();
    await claimsHeld(server, 1);
    const { body: task } = await worker.submit('lab', JOB);
    expect((await next).body.task).toMatchObject({ id: task.id, attempt: 1 });
    expect(statusesOf(task.id)).toEqual(['pending', 'claimed']);
  });

  it.each([0, 1, 2, 3, 5, 8])('at about the time when a task wakes its held claim (%s turns later) loses no task', async (gap) => {
    const { client, serverEnd } = await connection();
    client.write(claimBytes('worker', { worker_id: workerId }, { prefer: 'wait=20' }));
    await claimsHeld(server, 1);
    const next = worker.claim(workerId, {}, { prefer: 'wait=20' });
    await claimsHeld(server, 2);
    const submitted = worker.submit('lab', JOB);
    await turns(gap);
    client.destroy();
    const { body: first } = await submitted;
    const { body: second } = await worker.submit('lab', JOB);
    const { body: given } = await next;
    expect([first.id, second.id]).toContain(given.task?.id);
    await until('the server sees that it is gone', () => !connections.has(serverEnd));
    // Handed over to the network counts as answered; what was not is there for whoever asks next.
    const { body: rest } = await worker.claim(workerId, { max_tasks: 3 });
    const other = given.task?.id === first.id ? second : first;
    expect([[], [other.id]]).toContainEqual((rest.tasks ?? []).map(({ id }) => id));
    for (const id of [first.id, second.id]) expect((await worker.task(id)).body).toMatchObject({ status: 'claimed', attempt: 1 });
  });
});

describe('a server that stops while a claim is being lost', () => {
  it('has put the task back when it is gone', async () => {
    const tasks = await submitThree();
    const { client, serverEnd } = await connection();
    let closed: Promise<void> | undefined;
    ambush.onClaimed = () => {
      ambush.onClaimed = () => undefined;
      serverEnd.destroy();
      closed = server.close();
    };
    client.write(claimBytes('worker', { worker_id: workerId }));
    await until('the ambush', () => closed !== undefined);
    await closed;
    await start();
    await expectUntouched(tasks);
  });
});
