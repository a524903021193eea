import { expect } from '@jest/globals';
import type { ProblemDocument } from '@joblib/contract';

import type { Playground, ServiceProcess } from '../service/server-process.js';
import type { Answer } from '../support/joblib-user.js';
import { expectProblem } from './expect-problem.js';
import { writesOf } from './queue.js';
import type { Queue } from './queue.js';
import { SECRET } from './service-users.js';

/** Why there can be no server of one's own here, for the names of the tests that need one. */
export const postgresObstacle =
  process.env['JOBLIB_TEST_POSTGRES_BIN'] === undefined ? (process.env['JOBLIB_TEST_POSTGRES_MISSING'] ?? 'no server is found') : null;

/** The service, on the database of this address. */
export function serviceOn(playground: Playground, url: string): ServiceProcess {
  return playground.start(playground.folder(), {
    DATABASE_URL: url,
    ZNDRAW_JOBLIB_JWT_SECRET: SECRET,
    ZNDRAW_JOBLIB_WORKER_TIMEOUT_SECONDS: '3600',
  });
}

/** A 503 that says when to come back. */
export function expectUnavailable(answer: Answer): void {
  expectProblem(answer, 503, 'database-unavailable');
  expect(answer.headers.get('retry-after')).toBe('2');
}

/** Every kind of change, all at once: each has to be given up after a while, and then in one go. */
export async function expectWritesRefusedTogether(queue: Queue): Promise<void> {
  const answers = await Promise.all(Object.values(writesOf(queue, '')).map((send) => send()));
  for (const answer of answers) expectUnavailable(answer);
}

/** The problem, if it is the one that means "come back", else nothing. */
export function isUnavailable({ status, body }: Answer): boolean {
  return status === 503 && (body as ProblemDocument).type === '/v1/problems/database-unavailable';
}
