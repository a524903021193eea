import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { contentsOf } from '../support/contents.js';
import { startJoblib } from '../support/joblib-app.js';
import type { JoblibApp } from '../support/joblib-app.js';
import { JoblibUser } from '../support/joblib-user.js';

let server: JoblibApp;

beforeAll(async () => {
  server = await startJoblib();
});
afterAll(() => server.close());

describe('names that look like SQL', () => {
  const NAMES = [
    `x'; DROP TABLE joblib_task; --`,
    `" OR ""="`,
    `'||(SELECT 1)||'`,
    '%_%',
    '\\',
    '${1}',
    '?1',
    '__proto__',
    'constructor',
    '<script>',
    '...',
    'a/b?c#d',
  ];

  it.each(NAMES)('are names: %s', async (name) => {
    const tasksBefore = (await contentsOf(server.dataSource))['joblib_task'] ?? [];
    const fullName = `${name}:modifiers:${name}`;
    const user = new JoblibUser(server.origin, encodeURIComponent(name));
    const { status, body } = await user.register(fullName);
    expect([status, body.full_name, body.room_id, body.name]).toEqual([201, fullName, name, name]);
    const { body: task } = await user.submit(name, fullName, { [name]: name }, { 'idempotency-key': name });
    expect([task.room_id, task.job_name, task.payload]).toEqual([name, fullName, JSON.parse(JSON.stringify({ [name]: name }))]);
    expect((await user.tasks(name)).body).toMatchObject({ total: 1, items: [{ id: task.id }] });
    expect((await user.claim(body.worker_id)).body.task?.id).toBe(task.id);
    expect((await user.report(task.id, 'failed', { error: name })).body.error).toBe(name);
    const { joblib_task: tasks = [] } = await contentsOf(server.dataSource);
    expect(tasks).toEqual(expect.arrayContaining(tasksBefore));
    expect(tasks).toHaveLength(tasksBefore.length + 1);
  });
});
