import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JobManager, ProblemError } from '@joblib/client';
import type { JoblibApi } from '@joblib/client';
import { FakeServer } from '@joblib/client/testing';

import { JoblibService } from './joblib-service.js';

const NOWHERE = '01931f0b-0000-7000-8000-000000000000';
const JOB = 'lab:modifiers:Turn';

let service: JoblibService;

beforeAll(async () => {
  service = await JoblibService.start();
});
afterAll(() => service.close());

/** One answer without what cannot be the same: ids and times are told by their kind, refusals by their name. */
async function shown(answer: Promise<unknown>): Promise<unknown> {
  try {
    return JSON.parse(JSON.stringify((await answer) ?? null), (key, value: unknown) => {
      if (typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value)) return 'an id';
      if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return 'a time';
      return key === 'created_by_id' ? 'somebody' : value;
    });
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
}

/** A life of a worker with everything that it can do right and wrong. */
async function life(api: JoblibApi): Promise<unknown[]> {
  const seen: unknown[] = [];
  const see = async <T>(answer: Promise<T>): Promise<T | undefined> => {
    seen.push(await shown(answer));
    return answer.catch(() => undefined);
  };
  const job = { category: 'modifiers', name: 'Turn', schema: { type: 'object' } };
  await see(api.registerJob('lab', { ...job, worker_id: NOWHERE }));
  await see(api.submit('lab', JOB, {}, 'key-0'));
  const { id: workerId = '' } = (await see(api.createWorker())) ?? {};
  await see(api.heartbeat(workerId));
  await see(api.heartbeat(NOWHERE));
  await see(api.claim(workerId, 1));
  await see(api.claim(NOWHERE, 1));
  await see(api.registerJob('lab', { ...job, worker_id: workerId }));
  await see(api.registerJob('lab', { ...job, worker_id: workerId }));
  await see(api.registerJob('lab', { ...job, schema: { type: 'array' }, worker_id: workerId }));
  await see(api.getJob('lab', JOB));
  const first = await see(api.submit('lab', JOB, { n: 1 }, 'key-1'));
  const again = await see(api.submit('lab', JOB, { n: 1 }, 'key-1'));
  seen.push(first?.id === again?.id);
  const second = await see(api.submit('lab', JOB, { n: 2 }, 'key-2'));
  const id = first?.id ?? '';
  await see(api.report(id, { status: 'running' }));
  await see(api.claim(workerId, 1));
  await see(api.report(id, { status: 'completed' }));
  await see(api.report(id, { status: 'running' }));
  await see(api.report(id, { status: 'running' }));
  await see(api.report(id, { status: 'running', progress: { current: 1, total: 2 } }));
  await see(api.report(id, { status: 'completed', result: [1] }));
  await see(api.report(id, { status: 'failed', error: 'late' }));
  await see(api.getTask(NOWHERE));
  await see(api.report(second?.id ?? '', { status: 'cancelled' }));
  await see(api.claim(workerId, 5));
  await see(api.submit('lab', JOB, { n: 3 }, 'key-3'));
  const [third] = (await see(api.claim(workerId, 5))) ?? [];
  await see(api.deleteWorker(workerId));
  await see(api.getTask(third?.id ?? ''));
  await see(api.report(third?.id ?? '', { status: 'running' }));
  await see(api.deleteWorker(workerId));
  await see(api.heartbeat(workerId));
  await see(api.getJob('lab', JOB));
  return seen;
}

describe('the fake server', () => {
  it('answers a worker’s whole life as the real one does', async () => {
    const real = await life(service.manager().api);
    const fake = await life(new JobManager(new FakeServer().connection()).api);
    expect(fake).toEqual(real);
    expect(fake).toContain('InvalidTaskTransition');
  });
});
