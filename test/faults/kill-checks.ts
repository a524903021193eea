import { expect } from '@jest/globals';
import type { Page, TaskView, WorkerSummary } from '@joblib/contract';

import type { JoblibUser } from '../support/joblib-user.js';
import type { Ledger } from './kill-ledger.js';
import { JOBS, ROOM, WORKERS } from './kill-load.js';

/** Workers of `owner` for all jobs. */
export async function hireWorkers(owner: JoblibUser, ledger: Ledger): Promise<void> {
  for (let count = 0; count < WORKERS; count += 1) {
    const { id } = (await owner.createWorker()).body;
    for (const job of JOBS) expect((await owner.register(job, { workerId: id })).body.workers).toContain(id);
    ledger.workers.push(id);
  }
}

async function allPages<T extends { id: string }>(user: JoblibUser, path: string): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  for (;;) {
    const { status, body } = await user.call<Page<T>>('GET', `${path}?limit=500&offset=${found.size}`);
    expect(status).toBe(200);
    for (const item of body.items) found.set(item.id, item);
    if (body.items.length > 0) continue;
    expect(found.size).toBe(body.total);
    return found;
  }
}

/** Everything that was answered is there. Only while nothing else is asked of the server. */
export async function expectKept(submitter: JoblibUser, ledger: Ledger): Promise<void> {
  const tasks = await allPages<TaskView>(submitter, `/rooms/${ROOM}/tasks`);
  const workers = await allPages<WorkerSummary>(submitter, '/workers');
  ledger.expectKept(tasks, new Set(workers.keys()));
}

/** A key that was answered stands for the same task for ever; one that was not stands for one from now on. */
export async function expectKeysKept(submitter: JoblibUser, ledger: Ledger): Promise<void> {
  for (const [key, { job, payload, taskId }] of ledger.keyed) {
    const { status, body } = await submitter.submit(ROOM, job, payload, { 'idempotency-key': key });
    if (taskId !== null) {
      expect([key, status, body.id]).toEqual([key, 200, taskId]);
      continue;
    }
    expect([200, 202]).toContain(status);
    ledger.keyed.set(key, { job, payload, taskId: body.id });
    ledger.submitted(body);
  }
}

/** All that is pending is handed out and done, once. */
export async function workOff(owner: JoblibUser, ledger: Ledger): Promise<void> {
  const [workerId = ''] = ledger.workers;
  for (;;) {
    const tasks = (await owner.claim(workerId, { max_tasks: 100 })).body.tasks ?? [];
    if (tasks.length === 0) return;
    for (const task of tasks) ledger.claimed(task, workerId);
    for (const status of ['running', 'completed']) {
      await owner.call('PATCH', '/tasks', { updates: tasks.map(({ id }) => ({ id, status, result: { of: id } })) });
    }
    for (const { id } of tasks) ledger.completed(id, { of: id });
  }
}
