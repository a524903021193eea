import type { JsonSchema } from '@joblib/contract';
import * as fc from 'fast-check';

import { job, ownerOf, pick, rarely, step, user, who, workerId } from './step.js';

/** Two that a job may be registered with. */
export const SCHEMAS: readonly JsonSchema[] = [{ type: 'object' }, { type: 'object', properties: { n: { type: 'integer' } } }];

export const createWorker = step('createWorker', user, async (name, model, world) => {
  const answer = await world.user(name).createWorker();
  world.expectNewer([answer.body.id], model.everyWorker);
  world.expectAnswer('createWorker', answer, model.createWorker(name, answer.body.id));
});

export const heartbeat = step('heartbeat', fc.record({ worker: pick, who, isAll: rarely() }), async (chosen, model, world) => {
  const worker = workerId(model, chosen.worker);
  const name = ownerOf(model, worker, chosen.who);
  const id = chosen.isAll ? name : worker;
  world.expectAnswer('heartbeat', await world.user(name).heartbeat(id), model.heartbeat(name, id));
});

export const removeWorker = step('removeWorker', fc.record({ worker: pick, who, isAll: rarely() }), async (chosen, model, world) => {
  const worker = workerId(model, chosen.worker);
  const name = ownerOf(model, worker, chosen.who);
  const id = chosen.isAll ? name : worker;
  world.expectAnswer('removeWorker', await world.user(name).removeWorker(id), model.removeWorker(name, id));
});

export const register = step(
  'register',
  fc.record({ who, worker: fc.option(pick), job, schema: fc.constantFrom(0, 0, 0, 0, 1), user }),
  async (chosen, model, world) => {
    const isReserved = chosen.job.startsWith('@') && chosen.who !== 'stranger';
    const worker = chosen.worker === null || (isReserved && !chosen.worker.isAny) ? null : workerId(model, chosen.worker);
    const name = isReserved ? 'root' : worker === null ? chosen.user : ownerOf(model, worker, chosen.who);
    const schema = SCHEMAS[chosen.schema] ?? {};
    const answer = await world.user(name).register(chosen.job, { schema, ...(worker === null ? {} : { workerId: worker }) });
    const expected = model.register(name, chosen.job, schema, worker, answer.body);
    world.expectNewer(model.everyWorker.slice(-1), model.everyWorker.slice(0, -1));
    world.expectAnswer('register', answer, expected);
  },
);
