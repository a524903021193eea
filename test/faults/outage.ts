import { expect } from '@jest/globals';
import type { ProblemDocument } from '@joblib/contract';

import type { Answer } from '../support/joblib-user.js';
import { expectProblem } from './expect-problem.js';
import { JOB, ROOM, readsOf, writesOf } from './queue.js';
import type { Queue } from './queue.js';

/** Everything that changes something is refused as `database-unavailable`, and says when to come back. */
export async function expectWritesRefused(queue: Queue, bulk: string): Promise<void> {
  for (const [name, send] of Object.entries(writesOf(queue, bulk))) {
    const answer = await send();
    expect([name, answer.status, answer.headers.get('retry-after')]).toEqual([name, 503, '2']);
    expectProblem(answer, 503, 'database-unavailable');
  }
  await expectBatchRefused(queue, bulk);
}

/** A batch of reports answers for each on its own. */
async function expectBatchRefused({ root, runningId, claimedId }: Queue, bulk: string): Promise<void> {
  const updates = [
    { id: runningId, status: 'completed', result: bulk },
    { id: claimedId, status: 'failed', error: bulk },
  ];
  const { status, body } = await root.call<{ items: { id: string; status: number; problem: ProblemDocument }[] }>('PATCH', '/tasks', {
    updates,
  });
  expect(status).toBe(200);
  expect(body.items.map((item) => [item.id, item.status, item.problem.type])).toEqual(
    [runningId, claimedId].map((id) => [id, 503, '/v1/problems/database-unavailable']),
  );
}

/** Everything that only looks is answered. @returns the answers, to be compared with others. */
export async function expectReadsAnswered(queue: Queue): Promise<Answer['body'][]> {
  const bodies: Answer['body'][] = [];
  for (const [path, send] of Object.entries(readsOf(queue))) {
    const { status, body } = await send();
    expect([path, status]).toEqual([path, 200]);
    bodies.push(body);
  }
  return bodies;
}

/** Works as if nothing had been: what was pending is handed out, what was running ends. */
export async function expectWorkGoesOn({ root, workerId, pendingId, claimedId, runningId }: Queue): Promise<void> {
  expect(await root.claim(workerId)).toMatchObject({ status: 200, body: { task: { id: pendingId, attempt: 1 } } });
  expect(await root.report(claimedId, 'running')).toMatchObject({ status: 200 });
  expect(await root.report(runningId, 'completed', { result: 1 })).toMatchObject({ status: 200, body: { status: 'completed' } });
  expect((await root.submit(ROOM, JOB)).status).toBe(202);
}
