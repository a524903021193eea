import type { TaskStatus } from '@joblib/contract';
import * as fc from 'fast-check';

import type { JoblibModel } from './joblib-model.js';
import type { Said } from './model-rules.js';
import { NOBODY, actorFor, job, ownerOf, pick, rarely, room, step, taskId, who, workerId } from './step.js';

interface Saying {
  readonly claimed: Said;
  readonly running: Said;
  readonly otherwise: Said;
  readonly isAny: boolean;
}

export const claim = step(
  'claim',
  fc.record({ worker: pick, who, isForAny: fc.boolean(), maxTasks: fc.option(fc.integer({ min: 1, max: 3 })), named: rarely() }),
  async ({ worker, who: acting, isForAny, maxTasks, named }, model, world) => {
    const id = workerId(model, worker);
    const name = ownerOf(model, id, acting);
    const asked = isForAny ? (named ? name : null) : id;
    const answer = await world.user(name).claim(asked ?? undefined, maxTasks === null ? {} : { max_tasks: maxTasks });
    const expected = model.claim(name, asked, maxTasks);
    world.expectAnswer('claim', answer, expected);
    if (answer.status === 200) world.count(answer.body.task === null ? 'claim nothing' : 'claim something');
  },
);

const anySaid: fc.Arbitrary<Said> = fc.constantFrom<Said>(
  { status: 'running' },
  { status: 'running', progress: 0.5 },
  { status: 'running', error: 'ignored', result: 'early' },
  { status: 'completed' },
  { status: 'failed' },
  { status: 'cancelled' },
  { status: 'cancelled', error: 'not needed' },
  { status: 'pending' },
  { status: 'claimed' },
);

const PROGRESS: Said = { status: 'running', progress: { current: 1, total: 3, message: 'go' } };
const START: Said = { status: 'running' };

/** What is said depends on where the task is, mostly: so sequences come far. */
const saying = fc.record({
  claimed: fc.constantFrom<Said>(START, START, START, PROGRESS, { status: 'failed', error: 'it cannot' }),
  running: fc.constantFrom<Said>({ status: 'completed', result: { done: [1, 'two', null] } }, PROGRESS, {
    status: 'failed',
    error: 'it broke',
  }),
  otherwise: anySaid,
  isAny: rarely(),
});

function saidOf(model: JoblibModel, id: string, { claimed, running, otherwise, isAny }: Saying): Said {
  const status = model.tasks.get(id)?.status;
  if (isAny || (status !== 'claimed' && status !== 'running')) return otherwise;
  return status === 'claimed' ? claimed : running;
}

export const report = step('report', fc.record({ task: pick, who, saying }), async (chosen, model, world) => {
  const id = taskId(model, chosen.task);
  const name = actorFor(model, id, chosen.who);
  const said = saidOf(model, id, chosen.saying);
  const { status, ...rest } = said;
  const answer = await world.user(name).report(id, status, rest);
  const expected = model.report(name, id, said);
  world.expectAnswer('report', answer, expected);
  world.count(`report ${status} ${expected.status}`);
});

export const reportMany = step(
  'reportMany',
  fc.record({ who, updates: fc.array(fc.record({ task: pick, saying }), { minLength: 1, maxLength: 4 }) }),
  async (chosen, model, world) => {
    const ids = chosen.updates.map(({ task }) => taskId(model, task));
    const updates = chosen.updates.map((update, index) => ({
      id: ids[index] ?? NOBODY,
      ...saidOf(model, ids[index] ?? NOBODY, update.saying),
    }));
    const name = actorFor(model, ids[0] ?? NOBODY, chosen.who);
    const { status, headers, body } = await world
      .user(name)
      .call<{ items: { problem?: { type: string } }[] }>('PATCH', '/tasks', { updates });
    const items = body.items.map((item) =>
      item.problem === undefined ? item : { ...item, problem: item.problem.type.replace('/v1/problems/', '') },
    );
    world.expectAnswer('reportMany', { status, headers, body: { items } }, model.reportMany(name, updates));
  },
);

export const look = step(
  'look',
  fc.record({ task: pick, room, job, status: fc.constantFrom<TaskStatus>('pending', 'claimed', 'running', 'failed') }),
  async (chosen, model, world) => {
    const id = taskId(model, chosen.task);
    const task = model.tasks.get(id);
    const missing = { status: 404, problem: 'task-not-found' };
    world.expectAnswer('task', await world.user('carol').task(id), task === undefined ? missing : { status: 200, body: model.view(task) });

    const known = model.jobs.get(chosen.job);
    const isSeen = known !== undefined && !known.isDeleted && (known.room === chosen.room || known.room === '@global');
    const items = model.tasksOf(chosen.room, { job: chosen.job, status: chosen.status });
    const page = { status: 200, body: { items, total: items.length, limit: 50, offset: 0 } };
    const path = `/rooms/${chosen.room}/jobs/${encodeURIComponent(chosen.job)}/tasks?status=${chosen.status}`;
    world.expectAnswer(
      'tasksOfJob',
      await world.user('carol').call('GET', path),
      isSeen ? page : { status: 404, problem: 'job-not-found' },
    );
  },
);
